using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Plans;

/// <summary>
/// One entitlement of one tenant that differs from its plan's, until it expires. Operators write it, the tenant reads it.
/// </summary>
public sealed class PlanOverride : ITenantOwned
{
    public const int ReasonMaxLength = 500;

    private PlanOverride()
    {
    }

    public TenantId OrgId { get; private init; }

    public Entitlement Entitlement { get; private init; }

    /// <summary>Of a limit; null is unlimited.</summary>
    public long? Amount { get; private init; }

    /// <summary>Of a feature; null for a limit.</summary>
    public bool? Enabled { get; private init; }

    /// <summary>From then on the plan counts again; null is never.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>Why; the tenant reads it in its log.</summary>
    public string Reason { get; private init; } = "";

    public DateTimeOffset CreatedAt { get; private init; }

    public static PlanOverride Of(
        TenantId org, Entitlement entitlement, long? amount, bool? enabled, DateTimeOffset? expiresAt, string reason,
        DateTimeOffset now) =>
        new()
        {
            OrgId = org,
            Entitlement = entitlement,
            Amount = amount,
            Enabled = enabled,
            ExpiresAt = expiresAt,
            Reason = reason,
            CreatedAt = now,
        };
}
