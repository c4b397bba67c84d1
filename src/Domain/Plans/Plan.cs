namespace CleanTenancy.Domain.Plans;

/// <summary>What a tenant pays for, from the least to the most.</summary>
public enum Tier
{
    Free,
    Starter,
    Pro,
    Enterprise,
}

/// <summary>What a plan switches on.</summary>
public enum Feature
{
    /// <summary>Every plan has it.</summary>
    None,
    CustomDomain,
    EmailTemplates,
    Analytics,
    ApiAccess,
    Sla,
    DedicatedSupport,
}

/// <summary>What a plan counts.</summary>
public enum Quota
{
    /// <summary>Nothing is counted.</summary>
    None,

    /// <summary>Events that are draft or live.</summary>
    Events,

    /// <summary>Registrations that are held or active, on events that are not archived.</summary>
    Participants,

    /// <summary>Members who can sign in, and open invitations.</summary>
    Members,

    /// <summary>Bytes of stored files.</summary>
    Storage,
}

/// <summary>How many of each; null is unlimited, never -1.</summary>
/// <param name="Events">Draft or live events.</param>
/// <param name="Participants">Held or active registrations on events not archived.</param>
/// <param name="StorageBytes">Bytes.</param>
/// <param name="Members">People who can sign in.</param>
/// <param name="RequestsPerMinute">Requests per minute, per tenant and route.</param>
public sealed record PlanLimits(
    long? Events, long? Participants, long? StorageBytes, long? Members, int? RequestsPerMinute);

/// <summary>One row of the catalogue: tenants read it, operators write it.</summary>
public sealed class Plan
{
    private readonly List<PlanPrice> _prices = [];

    private Plan()
    {
    }

    public Tier Tier { get; private init; }

    public long? MaxEvents { get; private init; }

    public long? MaxParticipants { get; private init; }

    public long? MaxStorageBytes { get; private init; }

    public long? MaxMembers { get; private init; }

    public int? RequestsPerMinute { get; private init; }

    /// <summary>Days for which a tenant's audit log is kept.</summary>
    public int AuditRetentionDays { get; private init; }

    public Feature[] Features { get; private init; } = [];

    public IReadOnlyList<PlanPrice> Prices => _prices;

    public PlanLimits Limits => new(MaxEvents, MaxParticipants, MaxStorageBytes, MaxMembers, RequestsPerMinute);
}

/// <summary>What a plan costs for one interval in one currency.</summary>
public sealed class PlanPrice
{
    private PlanPrice()
    {
    }

    public Tier Tier { get; private init; }

    /// <summary>"month" or "year".</summary>
    public string Interval { get; private init; } = "";

    /// <summary>In the currency's minor unit (ISO 4217; KRW has none).</summary>
    public long Amount { get; private init; }

    /// <summary>ISO 4217, three capital letters.</summary>
    public string Currency { get; private init; } = "";
}
