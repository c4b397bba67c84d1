using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Application.Plans;

/// <summary>Whether a tenant has a feature, and what would switch it on.</summary>
/// <param name="Feature">Its name.</param>
/// <param name="Enabled">By the plan, or by an override.</param>
/// <param name="Plan">The tenant's plan.</param>
/// <param name="RequiredPlan">The least plan that has it; null when it is enabled, or when no plan would help.</param>
public sealed record FeatureDetails(
    [property: Required] Feature Feature, [property: Required] bool Enabled, [property: Required] Tier Plan,
    Tier? RequiredPlan)
{
    internal static FeatureDetails Of(Feature feature, Tenant tenant)
    {
        var enabled = tenant.Features.Contains(feature);
        return new(
            feature,
            enabled,
            tenant.Tier,
            // An override may have taken away what the plan has: another plan would change nothing.
            !enabled && tenant.CheapestPlanWith.TryGetValue(feature, out var plan) && plan > tenant.Tier ? plan : null);
    }
}
