using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>
/// Moves tenants through their life: each move is one conditional UPDATE, with the deed, what follows outside and the
/// signal in its transaction. As platform_role, bound to the tenant (ADR 0040).
/// </summary>
public interface ITenantLifecycle
{
    /// <summary>What the clock has done is made real first, then the trigger is pulled.</summary>
    /// <returns>Null, or invalid_transition, trial_over, or not_found for an unknown or purged tenant.</returns>
    Task<Error?> MoveAsync(TenantId org, TenantMove move, CancellationToken cancellationToken);

    /// <summary>Gives a trial a later end; one that was over, and was suspended for that, runs again.</summary>
    /// <returns>Null, or invalid_transition, trial_end_not_later, or not_found.</returns>
    Task<Error?> ExtendTrialAsync(
        TenantId org, TrialExtension extension, string reason, CancellationToken cancellationToken);
}

/// <summary>One of both.</summary>
/// <param name="Days">From its end on, or from now on if that is later.</param>
/// <param name="Until">Its end.</param>
public sealed record TrialExtension(int? Days, DateTimeOffset? Until);

/// <summary>What the clock does to tenants, made real by a timer.</summary>
public interface ITenantExpiry
{
    /// <summary>Moves whose time has come, each in its own transaction: of several instances one moves each.</summary>
    /// <returns>Tenants moved.</returns>
    Task<long> ExpireAsync(CancellationToken cancellationToken);

    /// <summary>Queues mails about what is to come, once for each deadline.</summary>
    /// <returns>Mails announced.</returns>
    Task<long> AnnounceAsync(CancellationToken cancellationToken);
}

/// <summary>Tenants as rows, read and changed by the platform (ADR 0041).</summary>
public interface ITenantRecords
{
    /// <returns>Newest first; none that is purged.</returns>
    Task<IReadOnlyList<TenantRecord>> ListAsync(TenantFilter filter, CancellationToken cancellationToken);

    /// <returns>Null for an unknown or purged tenant.</returns>
    Task<TenantRecord?> FindAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>What is used of each quota, and how its outbox is; bound to the tenant.</summary>
    Task<TenantHealth> LookAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>
    /// Changes what a tenant is called and where it is, with the deed in its log. Whose plan becomes the free one owes
    /// nothing any more, and is active in the same transaction.
    /// </summary>
    /// <returns>The record, or what the change refused with, or precondition_failed, or not_found.</returns>
    Task<Result<TenantRecord>> ChangeAsync(
        TenantId org, VersionCondition ifMatch, Func<TenantRecord, Result<TenantChange>> change,
        CancellationToken cancellationToken);
}

/// <param name="After">The record as it is meant to be.</param>
/// <param name="Reason">An operator's; null for the tenant's own people.</param>
public sealed record TenantChange(TenantRecord After, string? Reason = null);

/// <param name="State">By the clock.</param>
/// <param name="Prefix">Of slug or name, whatever the case.</param>
/// <param name="Before">Ids below this.</param>
public sealed record TenantFilter(TenantState? State, Tier? Tier, string? Prefix, TenantId Before, int Take);

/// <summary>A tenant's row.</summary>
public sealed record TenantRecord : IVersioned
{
    public required TenantId Id { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public required Tier Tier { get; init; }

    public required TenantStanding Standing { get; init; }

    public required TicketDisposition? Disposition { get; init; }

    public required Branding? Branding { get; init; }

    public required string Locale { get; init; }

    public required string TimeZone { get; init; }

    public required string Currency { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <param name="Used">Of each quota.</param>
/// <param name="OutboxWaiting">Messages that are not done yet.</param>
/// <param name="OutboxDead">Messages that were given up.</param>
/// <param name="OldestWaitingSince">Since when the oldest of the waiting is due; null for none.</param>
public sealed record TenantHealth(
    IReadOnlyDictionary<Quota, long> Used, long OutboxWaiting, long OutboxDead, DateTimeOffset? OldestWaitingSince);

/// <summary>A trigger, and what there is to know of it.</summary>
public sealed record TenantMove(TenantTrigger Trigger)
{
    /// <summary>Why, in the words of who did it; the tenant reads it in its log.</summary>
    public string? Reason { get; init; }

    /// <inheritdoc cref="TransitionTerms"/>
    public TransitionTerms Terms { get; init; } = TransitionTerms.None;

    /// <summary>Of what was paid, in the currency's minor unit; null where nothing was.</summary>
    public long? Amount { get; init; }

    /// <summary>ISO 4217; null where nothing was paid.</summary>
    public string? Currency { get; init; }

    /// <summary>For a deletion.</summary>
    public TicketDisposition? Disposition { get; init; }
}
