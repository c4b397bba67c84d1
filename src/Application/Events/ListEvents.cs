using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Events;

/// <summary>
/// Lists events, newest first; with updatedSince, those changed or deleted since, oldest change first.
/// </summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="UpdatedSince">Ask again from a little earlier than the newest change seen.</param>
public sealed record ListEvents(int? Limit, string? Cursor, DateTimeOffset? UpdatedSince)
    : IQuery<Page<EventSummary>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListEventsValidator : AbstractValidator<ListEvents>
{
    public ListEventsValidator() => this.AddPagingRules();
}

internal sealed class ListEventsHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<ListEvents, Result<Page<EventSummary>>>
{
    private static readonly ReadList<EventId, int, EventSummary> Newest = new((db, before, take) =>
        db.Events.Where(e => e.Id < before).OrderByDescending(e => e.Id).Take(take).Select(EventSummary.Projection));

    public async Task<Result<Page<EventSummary>>> Handle(ListEvents query, CancellationToken cancellationToken)
    {
        var rows = query.UpdatedSince is { } since
            ? await ChangedAsync(query, since, cancellationToken)
            : await db.RunAsync(Newest, query.Before<EventId>(), query.Take() + 1, cancellationToken);
        var now = clock.Now();
        return query.ToPage([.. rows.Select(row => row.At(now))], row => (row.UpdatedAt, row.Id.Value));
    }

    private async Task<IReadOnlyList<EventSummary>> ChangedAsync(
        ListEvents query, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var (at, lastId) = query.After(since.ToUniversalTime());
        var after = EventId.From(lastId);
        return await db.Events
            .IgnoreQueryFilters([QueryFilters.Deleted])
            // The first half alone would do; it is what the index is searched by.
            .Where(e => e.UpdatedAt >= at && (e.UpdatedAt > at || e.Id > after))
            .OrderBy(e => e.UpdatedAt).ThenBy(e => e.Id)
            .Take(query.Take() + 1)
            .Select(EventSummary.Projection)
            .ToListAsync(cancellationToken);
    }
}
