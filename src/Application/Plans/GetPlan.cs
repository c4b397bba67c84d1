using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Plans;

/// <summary>Reads one plan of the catalogue, with the version that a change of it needs.</summary>
/// <param name="Tier">free, starter, pro or enterprise.</param>
public sealed record GetPlan(string Tier) : IPlatformQuery<PlanDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetPlanHandler(IPlanCatalogue plans) : IRequestHandler<GetPlan, Result<PlanDetails>>
{
    public async Task<Result<PlanDetails>> Handle(GetPlan query, CancellationToken cancellationToken) =>
        Wire.TryParse<Tier>(query.Tier, out var tier)
            ? PlanDetails.Of(await plans.FindAsync(tier, cancellationToken))
            : Error.NotFound;
}
