using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Operations;

namespace CleanTenancy.Api.Exports;

internal static class ExportEndpoints
{
    public static void MapExports(this IEndpointRouteBuilder app)
    {
        var exports = app.MapGroup("/v1/exports").WithTags("Exports");

        exports.MapPost("/", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new StartExport(), ct)).ToAccepted(o => $"/v1/operations/{o.Id}"))
            .Sends<StartExport>(StatusCodes.Status202Accepted);
        exports.MapGet("/{id:guid}/content", async (
            [AsParameters] GetExportContent query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToContent()).Sends<GetExportContent>().Streams();
    }
}
