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

/// <summary>One plan.</summary>
/// <param name="Tier">Its name.</param>
/// <param name="Prices">One for each interval and currency.</param>
/// <param name="Limits">How many of each; null is unlimited.</param>
/// <param name="Features">What it switches on.</param>
/// <param name="AuditRetentionDays">For how long the audit log is kept.</param>
public sealed record PlanDetails(
    [property: Required] Tier Tier,
    [property: Required] IReadOnlyList<PlanPriceDetails> Prices,
    [property: Required] PlanLimits Limits,
    [property: Required] IReadOnlyList<Feature> Features,
    [property: Required] int AuditRetentionDays);

/// <summary>A price.</summary>
/// <param name="Interval">month or year.</param>
/// <param name="Amount">In the currency's minor unit (ISO 4217; KRW has none).</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record PlanPriceDetails(
    [property: Required] string Interval, [property: Required] long Amount, [property: Required] string Currency);

internal sealed class ListPlansHandler(IPlatformDb db) : IRequestHandler<ListPlans, Result<PlanList>>
{
    public async Task<Result<PlanList>> Handle(ListPlans query, CancellationToken cancellationToken) =>
        new PlanList([.. (await db.PlansAsync(cancellationToken)).OrderBy(plan => plan.Tier)
            .Select(plan => new PlanDetails(
                plan.Tier,
                [.. plan.Prices.OrderBy(price => price.Amount)
                    .Select(price => new PlanPriceDetails(price.Interval, price.Amount, price.Currency))],
                plan.Limits,
                plan.Features,
                plan.AuditRetentionDays))]);
}
