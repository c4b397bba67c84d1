using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Shows the cover image of an event.</summary>
public sealed record GetEventCover(EventId Id) : IQuery<FileContent>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetEventCoverHandler(IAppDbContext db, ICaller caller, IFileStore store)
    : IRequestHandler<GetEventCover, Result<FileContent>>
{
    private static readonly Read<EventId, FileContent?> ByEvent = new((db, id) => (
        from file in db.Files
        where db.Events.Any(e => e.Id == id && e.CoverFileId == file.Id)
        select file).Select(FileContents.Projection).SingleOrDefault());

    public async Task<Result<FileContent>> Handle(GetEventCover query, CancellationToken cancellationToken) =>
        await db.RunAsync(ByEvent, query.Id, cancellationToken) is { } found
            ? found.In(store, caller.RequiredTenant().Id) with { IsInline = true }
            : Error.NotFound;
}
