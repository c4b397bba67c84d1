using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Publishes a draft event.</summary>
public sealed record PublishEvent(EventId Id) : ICommand<EventDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event.published",
    };
}

internal sealed class PublishEventHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<PublishEvent, Result<EventDetails>>
{
    public async Task<Result<EventDetails>> Handle(PublishEvent command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;

        var now = clock.Now();
        if (found.Publish(now) is { } refusal) return refusal;
        return EventDetails.Of(found, now);
    }
}
