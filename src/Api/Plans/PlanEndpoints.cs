using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Plans;

namespace CleanTenancy.Api.Plans;

internal static class PlanEndpoints
{
    public static void MapPlans(this IEndpointRouteBuilder app) =>
        app.MapGet("/v1/plans", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListPlans(), ct)).ToOk()).Sends<ListPlans>().WithTags("Platform");
}
