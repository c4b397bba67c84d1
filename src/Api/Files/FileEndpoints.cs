using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Files;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Files;

internal static class FileEndpoints
{
    public static void MapFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup("/v1/files").WithTags("Files");

        files.MapGet("/", async ([AsParameters] ListFiles query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListFiles>();
        files.MapPost("/", async (HttpRequest request, ISender sender, CancellationToken ct) =>
        {
            var file = await MultipartFile.OpenAsync(request, ct);
            return (await sender.Send(new UploadFile(file.Name, file.AtLeast, file), ct)).ToCreated(f => $"/v1/files/{f.Id}");
        }).Sends<UploadFile>(StatusCodes.Status201Created).TakesFile().Streams();
        files.MapGet("/{id:guid}", async (FileId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetFile(id), ct)).ToOk()).Sends<GetFile>();
        files.MapDelete("/{id:guid}", async (FileId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteFile(id), ct)).ToNoContent())
            .Sends<DeleteFile>(StatusCodes.Status204NoContent);
        files.MapGet("/{id:guid}/content", async (FileId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetFileContent(id), ct)).ToContent()).Sends<GetFileContent>().Streams();
    }
}
