using CleanTenancy.Domain.Common;
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

    /// <summary>Gives a trial another end; one that was over, and was suspended for that, runs again.</summary>
    /// <returns>Null, or invalid_transition, or not_found.</returns>
    Task<Error?> ExtendTrialAsync(
        TenantId org, DateTimeOffset until, string reason, CancellationToken cancellationToken);
}

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

    /// <summary>What shall become of events to come, for a deletion.</summary>
    public string? Disposition { get; init; }
}
