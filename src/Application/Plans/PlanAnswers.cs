using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Application.Plans;

/// <summary>One plan.</summary>
/// <param name="Tier">Its name.</param>
/// <param name="Prices">One for each interval and currency.</param>
/// <param name="Limits">How many of each; null is unlimited.</param>
/// <param name="Features">What it switches on.</param>
/// <param name="AuditRetentionDays">For how long the audit log is kept.</param>
/// <param name="Version">Of the catalogue's row; also the ETag.</param>
public sealed record PlanDetails(
    [property: Required] Tier Tier,
    [property: Required] IReadOnlyList<PlanPriceDetails> Prices,
    [property: Required] PlanLimits Limits,
    [property: Required] IReadOnlyList<Feature> Features,
    [property: Required] int AuditRetentionDays,
    [property: Required] long Version) : IVersioned
{
    internal static PlanDetails Of(Plan plan) => new(
        plan.Tier,
        [.. plan.Prices.OrderBy(price => price.Currency, StringComparer.Ordinal).ThenBy(price => price.Amount)
            .Select(price => new PlanPriceDetails(price.Interval, price.Amount, price.Currency))],
        plan.Limits,
        plan.Features,
        plan.AuditRetentionDays,
        plan.Version);
}

/// <summary>A price.</summary>
/// <param name="Interval">month or year.</param>
/// <param name="Amount">In the currency's minor unit (ISO 4217; KRW has none).</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record PlanPriceDetails(
    [property: Required] string Interval, [property: Required] long Amount, [property: Required] string Currency);
