using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Plans;

/// <summary>Lists the plans: limits, features and prices.</summary>
public sealed record ListPlans : IPublicPlatformQuery<PlanList>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>All plans, from the least to the most.</summary>
public sealed record PlanList([property: Required] IReadOnlyList<PlanDetails> Data);

internal sealed class ListPlansHandler(IPlanCatalogue plans) : IRequestHandler<ListPlans, Result<PlanList>>
{
    public async Task<Result<PlanList>> Handle(ListPlans query, CancellationToken cancellationToken) =>
        new PlanList([.. (await plans.ListAsync(cancellationToken)).Select(PlanDetails.Of)]);
}
