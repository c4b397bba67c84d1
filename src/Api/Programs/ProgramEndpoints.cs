using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Programs;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Programs;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Programs;

internal static class ProgramEndpoints
{
    public static void MapPrograms(this IEndpointRouteBuilder app)
    {
        var ofEvent = app.MapGroup("/v1/events/{id:guid}/programs").WithTags("Programs");
        var programs = app.MapGroup("/v1/programs").WithTags("Programs");

        ofEvent.MapGet("/", async (EventId id, int? limit, string? cursor, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListPrograms(id, limit, cursor), ct)).ToOk()).Sends<ListPrograms>();
        ofEvent.MapPost("/", async (EventId id, ProgramContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new AddProgram(id, content), ct)).ToCreated(p => $"/v1/programs/{p.Id}"))
            .Sends<AddProgram>(StatusCodes.Status201Created);
        programs.MapPatch("/{id:guid}", async (
            ProgramId id,
            [FromHeader(Name = "If-Match")] string? ifMatch,
            MergePatch<ProgramContent> patch,
            ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeProgram(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeProgram>();
        programs.MapDelete("/{id:guid}", async (
            ProgramId id, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RemoveProgram(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<RemoveProgram>(StatusCodes.Status204NoContent);
    }
}
