using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.EventTemplates;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.EventTemplates;

internal static class EventTemplateEndpoints
{
    public static void MapEventTemplates(this IEndpointRouteBuilder app)
    {
        var templates = app.MapGroup("/v1/event-templates").WithTags("Event templates");

        templates.MapGet("/", async ([AsParameters] ListEventTemplates query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListEventTemplates>();
        templates.MapPost("/", async (EventTemplateContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CreateEventTemplate(content), ct)).ToCreated(t => $"/v1/event-templates/{t.Id}"))
            .Sends<CreateEventTemplate>(StatusCodes.Status201Created);
        templates.MapPatch("/{id:guid}", async (
            EventTemplateId id,
            [FromHeader(Name = "If-Match")] string? ifMatch,
            MergePatch<EventTemplateContent> patch,
            ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeEventTemplate(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeEventTemplate>();
        templates.MapDelete("/{id:guid}", async (
            EventTemplateId id,
            [FromHeader(Name = "If-Match")] string? ifMatch,
            ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new DeleteEventTemplate(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<DeleteEventTemplate>(StatusCodes.Status204NoContent);
    }
}
