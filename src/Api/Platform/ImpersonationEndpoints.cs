using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Platform;

internal static class ImpersonationEndpoints
{
    public static void MapImpersonation(this IEndpointRouteBuilder app) =>
        app.MapPost("/v1/platform/tenants/{id:guid}/impersonate", async (
            TenantId id, ImpersonationGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new Impersonate(id, content), ct)).ToOk()).Sends<Impersonate>().WithTags("Platform");
}
