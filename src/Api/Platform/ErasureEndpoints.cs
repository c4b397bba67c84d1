using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Platform;

internal static class ErasureEndpoints
{
    public static void MapErasure(this IEndpointRouteBuilder app)
    {
        var tenants = app.MapGroup("/v1/platform/tenants").WithTags("Platform");

        tenants.MapPost("/{id:guid}/purge", async (
            TenantId id, PurgeGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new PurgeTenant(id, content), ct))
                .ToAccepted(purge => $"/v1/platform/tenants/{purge.TenantId}/erasure-certificate"))
            .Sends<PurgeTenant>(StatusCodes.Status202Accepted);
        tenants.MapGet("/{id:guid}/erasure-certificate", async (TenantId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetErasureCertificate(id), ct)).ToOk()).Sends<GetErasureCertificate>();
    }
}
