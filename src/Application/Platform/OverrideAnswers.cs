using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Application.Platform;

/// <summary>What one tenant has more, or less, than its plan.</summary>
/// <param name="Key">The limit or the feature, as the plan names it.</param>
/// <param name="Limit">Of a limit; null is unlimited.</param>
/// <param name="Enabled">Of a feature; null for a limit.</param>
/// <param name="ExpiresAt">From then on the plan counts again; null is never.</param>
/// <param name="Reason">As the tenant reads it in its log.</param>
/// <param name="CreatedAt">When it was set.</param>
public sealed record OverrideDetails(
    [property: Required] Entitlement Key,
    long? Limit,
    bool? Enabled,
    DateTimeOffset? ExpiresAt,
    [property: Required] string Reason,
    [property: Required] DateTimeOffset CreatedAt)
{
    internal static OverrideDetails Of(PlanOverride one) =>
        new(one.Entitlement, one.Amount, one.Enabled, one.ExpiresAt, one.Reason, one.CreatedAt);
}
