using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Plans;

namespace CleanTenancy.Api.Plans;

internal static class PlanEndpoints
{
    public static void MapPlans(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/plans", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListPlans(), ct)).ToOk()).Sends<ListPlans>().WithTags("Platform");

        var plan = app.MapGroup("/v1").WithTags("Plan");
        plan.MapGet("/usage", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetUsage(), ct)).ToOk()).Sends<GetUsage>();
        plan.MapGet("/features", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListFeatures(), ct)).ToOk()).Sends<ListFeatures>();
        plan.MapGet("/features/{key}", async (string key, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetFeature(key), ct)).ToOk()).Sends<GetFeature>();
    }
}
