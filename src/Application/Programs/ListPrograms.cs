using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Programs;

/// <summary>Lists the programs of an event, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListPrograms(EventId EventId, int? Limit, string? Cursor)
    : IQuery<Page<ProgramDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListProgramsValidator : AbstractValidator<ListPrograms>
{
    public ListProgramsValidator() => this.AddPagingRules();
}

internal sealed class ListProgramsHandler(IAppDbContext db)
    : IRequestHandler<ListPrograms, Result<Page<ProgramDetails>>>
{
    public async Task<Result<Page<ProgramDetails>>> Handle(ListPrograms query, CancellationToken cancellationToken)
    {
        var before = query.Before<ProgramId>();
        var rows = await db.Programs
            .Where(p => p.EventId == query.EventId && p.Id < before)
            .OrderByDescending(p => p.Id)
            .Take(query.Take() + 1)
            .Select(ProgramDetails.Projection)
            .ToListAsync(cancellationToken);
        if (rows.Count == 0 && !await db.Events.AnyAsync(e => e.Id == query.EventId, cancellationToken))
            return Error.NotFound;

        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
