using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Plans;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Platform;

internal static class PlanEndpoints
{
    public static void MapPlatformPlans(this IEndpointRouteBuilder app)
    {
        var platform = app.MapGroup("/v1/platform").WithTags("Platform");

        platform.MapGet("/plans/{tier}", async (string tier, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetPlan(tier), ct)).ToOk()).Sends<GetPlan>();
        platform.MapPut("/plans/{tier}", async (
            string tier, [FromHeader(Name = "If-Match")] string? ifMatch, PlanContent content, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ReplacePlan(tier, VersionCondition.Parse(ifMatch), content), ct)).ToOk())
            .Sends<ReplacePlan>();
        platform.MapGet("/tenants/{id:guid}/overrides", async (TenantId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListOverrides(id), ct)).ToOk()).Sends<ListOverrides>();
        platform.MapPut("/tenants/{id:guid}/overrides/{key}", async (
            TenantId id, string key, OverrideContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new SetOverride(id, key, content), ct)).ToOk()).Sends<SetOverride>();
        platform.MapDelete("/tenants/{id:guid}/overrides/{key}", async (
            TenantId id, string key, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RemoveOverride(id, key), ct)).ToNoContent())
            .Sends<RemoveOverride>(StatusCodes.Status204NoContent);
    }
}
