using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.EventTemplates;

/// <summary>Lists event templates, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListEventTemplates(int? Limit, string? Cursor) : IQuery<Page<EventTemplateDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListEventTemplatesValidator : AbstractValidator<ListEventTemplates>
{
    public ListEventTemplatesValidator() => this.AddPagingRules();
}

internal sealed class ListEventTemplatesHandler(IAppDbContext db)
    : IRequestHandler<ListEventTemplates, Result<Page<EventTemplateDetails>>>
{
    private static readonly ReadList<EventTemplateId, int, EventTemplateDetails> Newest = new((db, before, take) =>
        db.EventTemplates.Where(t => t.Id < before).OrderByDescending(t => t.Id).Take(take).Select(EventTemplateDetails.Projection));

    public async Task<Result<Page<EventTemplateDetails>>> Handle(
        ListEventTemplates query, CancellationToken cancellationToken)
    {
        var rows = await db.RunAsync(Newest, query.Before<EventTemplateId>(), query.Take() + 1, cancellationToken);
        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
