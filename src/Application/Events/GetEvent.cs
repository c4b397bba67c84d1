using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Reads one event.</summary>
public sealed record GetEvent(EventId Id) : IQuery<EventDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetEventHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<GetEvent, Result<EventDetails>>
{
    private static readonly Read<EventId, EventDetails?> ById = new((db, id) =>
        db.Events.Where(e => e.Id == id).Select(EventDetails.Projection).SingleOrDefault());

    public async Task<Result<EventDetails>> Handle(GetEvent query, CancellationToken cancellationToken) =>
        await db.RunAsync(ById, query.Id, cancellationToken) is { } found
            ? found.At(clock.Now())
            : Error.NotFound;
}
