using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Platform;

internal static class TenantEndpoints
{
    public static void MapPlatformTenants(this IEndpointRouteBuilder app)
    {
        var tenants = app.MapGroup("/v1/platform/tenants").WithTags("Platform");

        tenants.MapGet("/", async ([AsParameters] ListTenants query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListTenants>();
        tenants.MapGet("/{id:guid}", async (TenantId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetTenantDetails(id), ct)).ToOk()).Sends<GetTenantDetails>();
        tenants.MapPatch("/{id:guid}", async (
            TenantId id, [FromHeader(Name = "If-Match")] string? ifMatch, MergePatch<TenantTerms> patch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeTenantTerms(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeTenantTerms>();
        tenants.MapPost("/{id:guid}/suspend", async (
            TenantId id, OperatorGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new SuspendTenant(id, content), ct)).ToOk()).Sends<SuspendTenant>();
        tenants.MapPost("/{id:guid}/reinstate", async (
            TenantId id, OperatorGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ReinstateTenant(id, content), ct)).ToOk()).Sends<ReinstateTenant>();
        tenants.MapPost("/{id:guid}/extend-trial", async (
            TenantId id, ExtensionGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ExtendTrial(id, content), ct)).ToOk()).Sends<ExtendTrial>();
        tenants.MapPost("/{id:guid}/restore", async (
            TenantId id, OperatorGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RestoreTenant(id, content), ct)).ToOk()).Sends<RestoreTenant>();
        tenants.MapPost("/{id:guid}/delete", async (
            TenantId id, DeletionGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteTenant(id, content), ct)).ToOk()).Sends<DeleteTenant>();
    }
}
