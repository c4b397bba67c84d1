using CleanTenancy.Domain.Common;

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

/// <summary>What a plan grants, in one list: limits and features. An override replaces one of them for one tenant.</summary>
public enum Entitlement
{
    Events,
    Participants,
    StorageBytes,
    Members,
    RequestsPerMinute,
    ConcurrentRequests,
    CustomDomain,
    EmailTemplates,
    Analytics,
    ApiAccess,
    Sla,
    DedicatedSupport,
}

/// <summary>How many of each; null is unlimited, never -1.</summary>
public sealed record PlanLimits
{
    /// <summary>Draft or live events.</summary>
    public required long? Events { get; init; }

    /// <summary>Held or active registrations on events not archived.</summary>
    public required long? Participants { get; init; }

    /// <summary>Bytes of stored files.</summary>
    public required long? StorageBytes { get; init; }

    /// <summary>People who can sign in.</summary>
    public required long? Members { get; init; }

    /// <summary>Requests per minute, per tenant and route.</summary>
    public required int? RequestsPerMinute { get; init; }

    /// <summary>
    /// Requests that an instance serves at the same time; never unlimited, for it protects the other tenants.
    /// </summary>
    public required int ConcurrentRequests { get; init; }

    /// <returns>The limit of what is counted; null is unlimited.</returns>
    public long? Of(Quota quota) => quota switch
    {
        Quota.Events => Events,
        Quota.Participants => Participants,
        Quota.Members => Members,
        Quota.Storage => StorageBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(quota), quota, "Nothing is counted."),
    };
}

/// <summary>One row of the catalogue: tenants read it, operators write it.</summary>
public sealed class Plan : IVersioned
{
    /// <summary>Days for which an audit log is kept, at least and at most.</summary>
    public const int MinAuditRetentionDays = 30, MaxAuditRetentionDays = 730;

    /// <summary>An instance has so many connections to the database for everybody.</summary>
    public const int MaxConcurrentRequests = 64;

    private readonly List<PlanPrice> _prices = [];

    private Plan()
    {
    }

    public Tier Tier { get; private init; }

    public long? MaxEvents { get; private set; }

    public long? MaxParticipants { get; private set; }

    public long? MaxStorageBytes { get; private set; }

    public long? MaxMembers { get; private set; }

    public int? RequestsPerMinute { get; private set; }

    public int ConcurrentRequests { get; private set; }

    /// <summary>Days for which a tenant's audit log is kept.</summary>
    public int AuditRetentionDays { get; private set; }

    public Feature[] Features { get; private set; } = [];

    public IReadOnlyList<PlanPrice> Prices => _prices;

    public long Version { get; private set; }

    public PlanLimits Limits => new()
    {
        Events = MaxEvents,
        Participants = MaxParticipants,
        StorageBytes = MaxStorageBytes,
        Members = MaxMembers,
        RequestsPerMinute = RequestsPerMinute,
        ConcurrentRequests = ConcurrentRequests,
    };

    /// <summary>Puts new terms in the place of the old: tenants of the plan have them from their next request.</summary>
    public void Replace(
        PlanLimits limits, IEnumerable<Feature> features, IEnumerable<PlanPrice> prices, int auditRetentionDays)
    {
        (MaxEvents, MaxParticipants, MaxStorageBytes, MaxMembers) =
            (limits.Events, limits.Participants, limits.StorageBytes, limits.Members);
        (RequestsPerMinute, ConcurrentRequests) = (limits.RequestsPerMinute, limits.ConcurrentRequests);
        Features = [.. features.Distinct().Order()];
        AuditRetentionDays = auditRetentionDays;
        var wanted = prices.ToList();
        _prices.RemoveAll(old => wanted.TrueForAll(price => !price.IsFor(old)));
        foreach (var price in wanted)
        {
            if (_prices.Find(price.IsFor) is { } known) known.Amount = price.Amount;
            else _prices.Add(price);
        }

        Version++;
    }
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
    public long Amount { get; internal set; }

    /// <summary>ISO 4217, three capital letters.</summary>
    public string Currency { get; private init; } = "";

    public static PlanPrice Of(Tier tier, string interval, long amount, string currency) =>
        new() { Tier = tier, Interval = interval, Amount = amount, Currency = currency };

    internal bool IsFor(PlanPrice other) => Interval == other.Interval && Currency == other.Currency;
}
