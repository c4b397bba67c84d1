using CleanTenancy.Api.Common;
using CleanTenancy.Api.Files;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Operations;

namespace CleanTenancy.Api.Operations;

internal static class ImportEndpoints
{
    public static void MapImports(this IEndpointRouteBuilder app)
    {
        var imports = app.MapGroup("/v1/imports").WithTags("Operations");

        imports.MapPost("/", async (HttpRequest request, bool? dryRun, ISender sender, CancellationToken ct) =>
        {
            var file = await MultipartFile.OpenAsync(request, ct);
            return (await sender.Send(new StartImport(dryRun ?? false, file.AtLeast, file), ct)).ToAccepted(
                operation => $"/v1/operations/{operation.Id}");
        }).Sends<StartImport>(StatusCodes.Status202Accepted).TakesFile().Streams();
    }
}
