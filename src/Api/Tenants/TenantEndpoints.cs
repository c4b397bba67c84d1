using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Tenants;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Tenants;

internal static class TenantEndpoints
{
    public static void MapTenant(this IEndpointRouteBuilder app)
    {
        var tenant = app.MapGroup("/v1").WithTags("Tenant");

        tenant.MapGet("/bootstrap", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetBootstrap(), ct)).ToOk()).Sends<GetBootstrap>();
        tenant.MapGet("/tenant", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetTenant(), ct)).ToOk()).Sends<GetTenant>();
        tenant.MapPatch("/tenant", async (
            [FromHeader(Name = "If-Match")] string? ifMatch, MergePatch<TenantContent> patch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeTenant(VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeTenant>();
        tenant.MapPost("/tenant/delete", async (FarewellContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteOwnTenant(content), ct)).ToOk()).Sends<DeleteOwnTenant>();
        tenant.MapPost("/tenant/restore", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new RestoreOwnTenant(), ct)).ToOk()).Sends<RestoreOwnTenant>();
    }
}
