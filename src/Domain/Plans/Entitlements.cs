using System.Collections.Frozen;

namespace CleanTenancy.Domain.Plans;

/// <summary>What a tenant may at an instant: its plan, and what overrides of it hold then.</summary>
/// <param name="Limits">How many of each.</param>
/// <param name="Features">What is switched on.</param>
/// <param name="Until">When the next override expires, and this is no longer true; null is never.</param>
public sealed record Entitlements(PlanLimits Limits, FrozenSet<Feature> Features, DateTimeOffset? Until)
{
    private static readonly FrozenDictionary<Entitlement, Feature> FeatureOf = new Dictionary<Entitlement, Feature>
    {
        [Entitlement.CustomDomain] = Feature.CustomDomain,
        [Entitlement.EmailTemplates] = Feature.EmailTemplates,
        [Entitlement.Analytics] = Feature.Analytics,
        [Entitlement.ApiAccess] = Feature.ApiAccess,
        [Entitlement.Sla] = Feature.Sla,
        [Entitlement.DedicatedSupport] = Feature.DedicatedSupport,
    }.ToFrozenDictionary();

    /// <summary>Whether it is on or off, and no number.</summary>
    public static bool IsFeature(Entitlement entitlement) => FeatureOf.ContainsKey(entitlement);

    public static Entitlements Of(Plan plan, IEnumerable<PlanOverride> overrides, DateTimeOffset now)
    {
        var (limits, features) = (plan.Limits, plan.Features.ToHashSet());
        DateTimeOffset? until = null;
        foreach (var one in overrides.Where(one => one.ExpiresAt is null || one.ExpiresAt > now))
        {
            limits = Replace(limits, one);
            if (FeatureOf.TryGetValue(one.Entitlement, out var feature))
                _ = one.Enabled is true ? features.Add(feature) : features.Remove(feature);
            if (until is null || one.ExpiresAt < until) until = one.ExpiresAt ?? until;
        }

        return new Entitlements(limits, features.ToFrozenSet(), until);
    }

    private static PlanLimits Replace(PlanLimits limits, PlanOverride one) => one.Entitlement switch
    {
        Entitlement.Events => limits with { Events = one.Amount },
        Entitlement.Participants => limits with { Participants = one.Amount },
        Entitlement.StorageBytes => limits with { StorageBytes = one.Amount },
        Entitlement.Members => limits with { Members = one.Amount },
        Entitlement.RequestsPerMinute => limits with { RequestsPerMinute = (int?)one.Amount },
        Entitlement.ConcurrentRequests => limits with
        {
            ConcurrentRequests = (int)(one.Amount ?? limits.ConcurrentRequests),
        },
        _ => limits, // a feature
    };
}
