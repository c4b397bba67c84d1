using CleanTenancy.Api.Common;
using CleanTenancy.Application.Billing;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Api.Billing;

internal static class BillingEndpoints
{
    public static void MapBilling(this IEndpointRouteBuilder app)
    {
        var billing = app.MapGroup("/v1/billing").WithTags("Plan");

        billing.MapPost("/change-plan/preview", async (
            PreviewPlanChange query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<PreviewPlanChange>();
    }
}
