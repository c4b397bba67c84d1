using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Domain.Tenants;

/// <summary>The tenant itself: an organization that runs events.</summary>
public sealed class Organization : IVersioned
{
    public const int NameMaxLength = 200;

    private Organization()
    {
    }

    public TenantId Id { get; private init; }

    public string Slug { get; private init; } = "";

    public string Name { get; private set; } = "";

    public Tier Tier { get; private set; }

    public TenantState State { get; private set; }

    public SuspensionReason? SuspensionReason { get; private set; }

    /// <summary>When the tenant came into its state.</summary>
    public DateTimeOffset StateSince { get; private set; }

    /// <summary>Set while the state is Trial.</summary>
    public DateTimeOffset? TrialEndsAt { get; private set; }

    /// <summary>BCP 47.</summary>
    public string Locale { get; private set; } = "";

    /// <summary>IANA name.</summary>
    public string TimeZone { get; private set; } = "";

    /// <summary>ISO 4217.</summary>
    public string Currency { get; private set; } = "";

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>A tenant that needs no provisioning steps: the development data and the tests make theirs so.</summary>
    public static Organization Start(
        TenantId id, string slug, string name, Tier tier, DateTimeOffset now, string currency = "KRW") =>
        new()
        {
            Id = id,
            Slug = slug,
            Name = name,
            Tier = tier,
            State = TenantState.Active,
            StateSince = now,
            Locale = "ko",
            TimeZone = "Asia/Seoul",
            Currency = currency,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };

    /// <summary>Makes a tenant a trial until an instant.</summary>
    public void Try(DateTimeOffset until, DateTimeOffset now)
    {
        TrialEndsAt = until;
        MoveTo(TenantState.Trial, reason: null, now);
    }

    public void Suspend(SuspensionReason reason, DateTimeOffset now) => MoveTo(TenantState.Suspended, reason, now);

    public void Delete(DateTimeOffset now) => MoveTo(TenantState.Deleted, reason: null, now);

    private void MoveTo(TenantState state, SuspensionReason? reason, DateTimeOffset now)
    {
        (State, SuspensionReason, StateSince, UpdatedAt) = (state, reason, now, now);
        Version++;
    }
}
