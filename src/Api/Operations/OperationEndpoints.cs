using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Operations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Operations;

internal static class OperationEndpoints
{
    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        var operations = app.MapGroup("/v1/operations").WithTags("Operations");

        operations.MapGet("/{id:guid}", async (OperationId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetOperation(id), ct)).ToOk()).Sends<GetOperation>();
    }
}
