using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Domain.Tenants;

/// <summary>The tenant itself: an organization that runs events.</summary>
public sealed class Organization : IVersioned
{
    public const int NameMaxLength = 200, DispositionMaxLength = 20;

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

    /// <summary>Set while the state is Trial; kept through a suspension, so that it can be gone back to.</summary>
    public DateTimeOffset? TrialEndsAt { get; private set; }

    /// <summary>Until when a paid plan is paid; null for the free plan, and before the first payment.</summary>
    public DateTimeOffset? PeriodEndsAt { get; private set; }

    /// <summary>The subscription was cancelled: at the end of the period the tenant is deleted.</summary>
    public bool CancelsAtPeriodEnd { get; private set; }

    /// <summary>Set while suspended for want of payment: then the tenant is deleted.</summary>
    public DateTimeOffset? GraceEndsAt { get; private set; }

    /// <summary>What the tenant was before it was suspended.</summary>
    public TenantState? SuspendedFrom { get; private set; }

    /// <summary>What the tenant was before it was deleted.</summary>
    public TenantState? DeletedFrom { get; private set; }

    /// <summary>Set while deleted: until then it can be restored, and after that it is purged.</summary>
    public DateTimeOffset? PurgeDueAt { get; private set; }

    /// <summary>A <see cref="TicketDisposition"/>; null where nobody was asked.</summary>
    public string? Disposition { get; private set; }

    /// <summary>JSON; null for none.</summary>
    public string? Branding { get; private set; }

    /// <summary>BCP 47.</summary>
    public string Locale { get; private set; } = "";

    /// <summary>IANA name.</summary>
    public string TimeZone { get; private set; } = "";

    /// <summary>ISO 4217.</summary>
    public string Currency { get; private set; } = "";

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Where it stands in its life.</summary>
    public TenantStanding Standing => new()
    {
        State = State,
        Reason = SuspensionReason,
        Since = StateSince,
        TrialEndsAt = TrialEndsAt,
        PeriodEndsAt = PeriodEndsAt,
        CancelsAtPeriodEnd = CancelsAtPeriodEnd,
        GraceEndsAt = GraceEndsAt,
        SuspendedFrom = SuspendedFrom,
        DeletedFrom = DeletedFrom,
        PurgeDueAt = PurgeDueAt,
    };

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

    /// <param name="reason">Why.</param>
    /// <param name="now">Since when.</param>
    /// <param name="graceEndsAt">Then the tenant is deleted; null never.</param>
    public void Suspend(SuspensionReason reason, DateTimeOffset now, DateTimeOffset? graceEndsAt = null)
    {
        (SuspendedFrom, GraceEndsAt) = (State, graceEndsAt);
        MoveTo(TenantState.Suspended, reason, now);
    }

    /// <inheritdoc cref="TenantState.Deleted"/>
    public void Delete(DateTimeOffset now, DateTimeOffset? purgeDueAt = null)
    {
        (DeletedFrom, PurgeDueAt) = (State, purgeDueAt);
        MoveTo(TenantState.Deleted, reason: null, now);
    }

    private void MoveTo(TenantState state, SuspensionReason? reason, DateTimeOffset now)
    {
        (State, SuspensionReason, StateSince, UpdatedAt) = (state, reason, now, now);
        Version++;
    }
}
