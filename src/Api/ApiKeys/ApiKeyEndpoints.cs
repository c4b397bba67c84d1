using CleanTenancy.Api.Common;
using CleanTenancy.Application.ApiKeys;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.ApiKeys;

internal static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/v1/api-keys").WithTags("API keys");

        keys.MapGet("/", async ([AsParameters] ListApiKeys query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListApiKeys>();
        keys.MapPost("/", async (CreateApiKey command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToCreated(key => $"/v1/api-keys/{key.Id}"))
            .Sends<CreateApiKey>(StatusCodes.Status201Created);
        keys.MapDelete("/{id:guid}", async (ApiKeyId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RevokeApiKey(id), ct)).ToNoContent())
            .Sends<RevokeApiKey>(StatusCodes.Status204NoContent);
    }
}
