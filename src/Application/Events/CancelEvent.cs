using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Cancels a draft or live event, which gives back its place in the events quota.</summary>
public sealed record CancelEvent(EventId Id) : ICommand<EventDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event.cancelled",
        Releases = [Quota.Events],
    };
}

internal sealed class CancelEventHandler(IAppDbContext db, IQuotas quotas, TimeProvider clock)
    : IRequestHandler<CancelEvent, Result<EventDetails>>
{
    public async Task<Result<EventDetails>> Handle(CancelEvent command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;

        var now = clock.Now();
        if (found.Cancel(now) is { } refusal) return refusal;
        await quotas.ReleaseAsync(Quota.Events, 1, cancellationToken);
        return EventDetails.Of(found, now);
    }
}
