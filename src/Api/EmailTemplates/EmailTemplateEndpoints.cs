using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.EmailTemplates;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.EmailTemplates;

internal static class EmailTemplateEndpoints
{
    public static void MapEmailTemplates(this IEndpointRouteBuilder app)
    {
        var templates = app.MapGroup("/v1/email-templates").WithTags("Email templates");

        templates.MapGet("/", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListEmailTemplates(), ct)).ToOk()).Sends<ListEmailTemplates>();
        templates.MapGet("/{key}", async ([AsParameters] GetEmailTemplate query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<GetEmailTemplate>();
        templates.MapPut("/{key}", async (
            string key, string? locale, [FromHeader(Name = "If-Match")] string? ifMatch, EmailTemplateContent content,
            ISender sender, CancellationToken ct) =>
            (await sender.Send(
                new ReplaceEmailTemplate(key, locale, VersionCondition.Parse(ifMatch), content), ct)).ToOk())
            .Sends<ReplaceEmailTemplate>();
        templates.MapDelete("/{key}", async (
            string key, string? locale, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(
                new DeleteEmailTemplate(key, locale, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<DeleteEmailTemplate>(StatusCodes.Status204NoContent);
        templates.MapPost("/{key}/preview", async (
            string key, string? locale, EmailTemplateDraft content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new PreviewEmailTemplate(key, locale, content), ct)).ToOk())
            .Sends<PreviewEmailTemplate>();
    }
}
