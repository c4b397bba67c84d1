using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Archives a live or cancelled event, which gives back its participants.</summary>
public sealed record ArchiveEvent(EventId Id) : ICommand<EventDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event.archived",
        Releases = [Quota.Events, Quota.Participants],
    };
}

internal sealed class ArchiveEventHandler(IAppDbContext db, IQuotas quotas, TimeProvider clock)
    : IRequestHandler<ArchiveEvent, Result<EventDetails>>
{
    public async Task<Result<EventDetails>> Handle(ArchiveEvent command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;

        var (now, counted) = (clock.Now(), found.Counts);
        if (found.Archive(now) is { } refusal) return refusal;
        if (counted) await quotas.ReleaseAsync(Quota.Events, 1, cancellationToken);
        if (found.Registered > 0) await quotas.ReleaseAsync(Quota.Participants, found.Registered, cancellationToken);
        return EventDetails.Of(found, now);
    }
}
