using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Registrations;

/// <summary>
/// Lists the registrations of an event, newest first; with updatedSince, those changed since, oldest first.
/// </summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="UpdatedSince">Ask again from a little earlier than the newest change seen.</param>
public sealed record ListRegistrations(EventId EventId, int? Limit, string? Cursor, DateTimeOffset? UpdatedSince)
    : IQuery<Page<RegistrationDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RegistrationsRead,
        Feature = Feature.None,
        Capability = Capability.HonourTickets,
        Audit = Deed.None,
    };
}

internal sealed class ListRegistrationsValidator : AbstractValidator<ListRegistrations>
{
    public ListRegistrationsValidator() => this.AddPagingRules();
}

internal sealed class ListRegistrationsHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<ListRegistrations, Result<Page<RegistrationDetails>>>
{
    public async Task<Result<Page<RegistrationDetails>>> Handle(
        ListRegistrations query, CancellationToken cancellationToken)
    {
        if (await db.RefusesTicketsAsync(caller.RequiredTenant(), query.EventId, clock.Now(), cancellationToken)
            is { } over)
            return over;

        var rows = await InOrder(query).Take(query.Take() + 1).Select(RegistrationDetails.Projection)
            .ToListAsync(cancellationToken);
        if (rows.Count == 0 && !await db.Events.AnyAsync(e => e.Id == query.EventId, cancellationToken))
            return Error.NotFound;

        return query.ToPage(rows, row => (row.UpdatedAt, row.Id.Value));
    }

    private IQueryable<Registration> InOrder(ListRegistrations query)
    {
        var ofEvent = db.Registrations.Where(r => r.EventId == query.EventId);
        if (query.UpdatedSince is not { } since)
        {
            var before = query.Before<RegistrationId>();
            return ofEvent.Where(r => r.Id < before).OrderByDescending(r => r.Id);
        }

        var (at, lastId) = query.After(since.ToUniversalTime());
        var after = RegistrationId.From(lastId);
        return ofEvent.Where(r => r.UpdatedAt >= at && (r.UpdatedAt > at || r.Id > after)) // the first half is for the index
            .OrderBy(r => r.UpdatedAt).ThenBy(r => r.Id);
    }
}
