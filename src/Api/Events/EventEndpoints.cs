using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Events;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Events;

internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder app)
    {
        var events = app.MapGroup("/v1/events").WithTags("Events");

        events.MapGet("/", async ([AsParameters] ListEvents query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListEvents>();
        events.MapPost("/", async (EventContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CreateEvent(content), ct)).ToCreated(e => $"/v1/events/{e.Id}"))
            .Sends<CreateEvent>(StatusCodes.Status201Created);
        events.MapGet("/{id:guid}", async (EventId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetEvent(id), ct)).ToOk()).Sends<GetEvent>();
        events.MapGet("/{id:guid}/cover", async (EventId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetEventCover(id), ct)).ToContent()).Sends<GetEventCover>().Streams();
        events.MapPatch("/{id:guid}", async (
            EventId id, [FromHeader(Name = "If-Match")] string? ifMatch, MergePatch<EventContent> patch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeEvent(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeEvent>();
        events.MapDelete("/{id:guid}", async (
            EventId id, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteEvent(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<DeleteEvent>(StatusCodes.Status204NoContent);
        events.MapPost("/{id:guid}/publish", async (EventId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new PublishEvent(id), ct)).ToOk()).Sends<PublishEvent>();
        events.MapPost("/{id:guid}/cancel", async (EventId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CancelEvent(id), ct)).ToOk()).Sends<CancelEvent>();
        events.MapPost("/{id:guid}/archive", async (EventId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ArchiveEvent(id), ct)).ToOk()).Sends<ArchiveEvent>();
    }
}
