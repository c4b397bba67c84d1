using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Tenants;

/// <summary>What moves a tenant from one state to another.</summary>
public enum TenantTrigger
{
    /// <summary>The owner used the link in the mail.</summary>
    Activation,

    /// <summary>A contract begins: a paid one, or at once that of the free plan.</summary>
    Subscribe,

    /// <summary>The clock.</summary>
    TrialExpired,

    /// <summary>One more period is paid.</summary>
    Renew,

    /// <summary>After dunning: all attempts to collect have failed.</summary>
    PaymentFailed,

    PaymentSucceeded,

    OperatorSuspend,

    OperatorReinstate,

    /// <summary>The clock.</summary>
    GracePeriodExpired,

    /// <summary>Asked for at any time; it moves the tenant when the paid period is over.</summary>
    CancelSubscription,

    /// <summary>By the owner or an operator.</summary>
    Delete,

    /// <summary>By the owner or an operator.</summary>
    Restore,

    PurgeData,

    /// <summary>After all attempts.</summary>
    ProvisioningFailed,

    Retry,
}

/// <summary>One arrow.</summary>
/// <param name="If">Only from a suspension of this kind.</param>
/// <param name="Because">The kind of suspension that it leads to.</param>
public sealed record Transition(
    TenantState From, TenantTrigger Trigger, TenantState To, SuspensionReason? If = null, SuspensionReason? Because = null);

/// <summary>What a trigger brings with it.</summary>
public sealed record TransitionTerms
{
    public static readonly TransitionTerms None = new();

    /// <summary>Until when a subscription, a renewal or a payment pays; null for the free plan.</summary>
    public DateTimeOffset? PaidUntil { get; init; }

    /// <summary>The free plan: there is no trial to go back to, and nothing to wait for.</summary>
    public bool NeedsNoPayment { get; init; }

    /// <summary>An operator purges before the time, for whom the law says so.</summary>
    public bool PurgesEarly { get; init; }
}

/// <summary>The one table of the lifecycle, and what each of its arrows does (ADR 0040). Pure: no clock, no database.</summary>
public static class TenantTransitions
{
    public static readonly IReadOnlyList<Transition> Table =
    [
        new(TenantState.Provisioning, TenantTrigger.Activation, TenantState.Trial),
        new(TenantState.Provisioning, TenantTrigger.ProvisioningFailed, TenantState.ProvisioningFailed),
        new(TenantState.ProvisioningFailed, TenantTrigger.Retry, TenantState.Provisioning),
        new(TenantState.Trial, TenantTrigger.Subscribe, TenantState.Active),
        new(TenantState.Trial, TenantTrigger.TrialExpired, TenantState.Suspended, Because: SuspensionReason.Billing),
        new(TenantState.Trial, TenantTrigger.OperatorSuspend, TenantState.Suspended, Because: SuspensionReason.Operator),
        new(TenantState.Trial, TenantTrigger.Delete, TenantState.Deleted),
        new(TenantState.Active, TenantTrigger.Renew, TenantState.Active),
        new(TenantState.Active, TenantTrigger.PaymentFailed, TenantState.Suspended, Because: SuspensionReason.Billing),
        new(TenantState.Active, TenantTrigger.OperatorSuspend, TenantState.Suspended, Because: SuspensionReason.Operator),
        new(TenantState.Active, TenantTrigger.CancelSubscription, TenantState.Deleted),
        new(TenantState.Active, TenantTrigger.Delete, TenantState.Deleted),
        new(TenantState.Suspended, TenantTrigger.PaymentSucceeded, TenantState.Active, If: SuspensionReason.Billing),
        new(TenantState.Suspended, TenantTrigger.GracePeriodExpired, TenantState.Deleted, If: SuspensionReason.Billing),
        new(TenantState.Suspended, TenantTrigger.OperatorReinstate, TenantState.Trial),
        new(TenantState.Suspended, TenantTrigger.OperatorReinstate, TenantState.Active),
        new(TenantState.Suspended, TenantTrigger.Delete, TenantState.Deleted),
        new(TenantState.Deleted, TenantTrigger.Restore, TenantState.Suspended),
        new(TenantState.Deleted, TenantTrigger.Restore, TenantState.Active),
        new(TenantState.Deleted, TenantTrigger.PurgeData, TenantState.Purged),
    ];

    /// <summary>Whether a trigger is about a contract, of which the law wants a record.</summary>
    public static bool IsOfContract(TenantTrigger trigger) => trigger
        is TenantTrigger.Subscribe or TenantTrigger.Renew or TenantTrigger.CancelSubscription
        or TenantTrigger.PaymentFailed or TenantTrigger.PaymentSucceeded;

    /// <summary>What the clock has done by now and no sweep has made real; null for nothing.</summary>
    public static TenantTrigger? Due(this TenantStanding tenant, DateTimeOffset now) => tenant.State switch
    {
        TenantState.Trial when tenant.TrialEndsAt <= now => TenantTrigger.TrialExpired,
        TenantState.Active when tenant.CancelsAtPeriodEnd && tenant.PeriodEndsAt <= now =>
            TenantTrigger.CancelSubscription,
        TenantState.Suspended when tenant.Because is SuspensionReason.Billing && tenant.GraceEndsAt <= now =>
            TenantTrigger.GracePeriodExpired,
        _ => null,
    };

    /// <summary>
    /// Where the tenant stands by the clock, whether or not a sweep has seen it. Retention begins when a deletion is made
    /// real: nobody is purged whom nobody has told, however long the sweeps stood still.
    /// </summary>
    public static TenantStanding At(this TenantStanding tenant, DateTimeOffset now, LifecycleTimes times)
    {
        while (tenant.Due(now) is { } trigger)
            tenant = tenant.Move(trigger, TransitionTerms.None, now, times).Value;
        return tenant.State is TenantState.Deleted && tenant.PurgeDueAt <= now
            ? tenant with { State = TenantState.Purged, Since = tenant.PurgeDueAt.Value }
            : tenant;
    }

    /// <summary>The standing after a trigger. What the clock has done must have been done before.</summary>
    /// <returns>The new standing, or invalid_transition, or trial_over.</returns>
    public static Result<TenantStanding> Move(
        this TenantStanding tenant, TenantTrigger trigger, TransitionTerms terms, DateTimeOffset now,
        LifecycleTimes times)
    {
        var refusal = TenantErrors.InvalidTransition(tenant.State, trigger);
        if (!Table.Any(arrow => arrow.From == tenant.State && arrow.Trigger == trigger
            && (arrow.If is null || arrow.If == tenant.Because)))
            return refusal;

        return trigger switch
        {
            TenantTrigger.Activation =>
                tenant.In(TenantState.Trial, now) with { TrialEndsAt = now + times.Trial },
            TenantTrigger.Subscribe =>
                tenant.In(TenantState.Active, now) with { PeriodEndsAt = terms.PaidUntil },
            TenantTrigger.Renew => tenant with { PeriodEndsAt = terms.PaidUntil ?? tenant.PeriodEndsAt },
            TenantTrigger.TrialExpired => tenant.TrialEndsAt <= now
                ? tenant.Suspend(SuspensionReason.Billing, tenant.TrialEndsAt.Value, times)
                : refusal,
            TenantTrigger.PaymentFailed => tenant.Suspend(SuspensionReason.Billing, now, times),
            TenantTrigger.OperatorSuspend => tenant.Suspend(SuspensionReason.Operator, now, times),
            TenantTrigger.PaymentSucceeded => tenant.In(TenantState.Active, now) with
            {
                PeriodEndsAt = terms.PaidUntil ?? tenant.PeriodEndsAt,
                CancelsAtPeriodEnd = false,
            },
            TenantTrigger.OperatorReinstate =>
                terms.NeedsNoPayment ? tenant.In(TenantState.Active, now) : tenant.Reinstate(now),
            TenantTrigger.GracePeriodExpired => tenant.GraceEndsAt <= now
                ? tenant.Delete(tenant.GraceEndsAt.Value, now, times)
                : refusal,
            TenantTrigger.CancelSubscription => tenant.Cancel(now, times) ?? refusal,
            TenantTrigger.Delete => tenant.Delete(now, now, times),
            TenantTrigger.Restore => tenant.PurgeDueAt > now ? tenant.Restore(now, times) : refusal,
            TenantTrigger.PurgeData => terms.PurgesEarly || tenant.PurgeDueAt <= now
                ? tenant.In(TenantState.Purged, now)
                : refusal,
            TenantTrigger.ProvisioningFailed => tenant.In(TenantState.ProvisioningFailed, now),
            TenantTrigger.Retry => tenant.In(TenantState.Provisioning, now),
            _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, "A trigger without a deed."),
        };
    }

    /// <summary>A trial, running or over, gets another end; one that was over runs again.</summary>
    /// <returns>The new standing, or invalid_transition where there is no trial to go on with.</returns>
    public static Result<TenantStanding> ExtendTrial(
        this TenantStanding tenant, DateTimeOffset until, DateTimeOffset now)
    {
        if (tenant.State is TenantState.Trial) return tenant with { TrialEndsAt = until };
        if (tenant is not { State: TenantState.Suspended, SuspendedFrom: TenantState.Trial })
            return Error.InvalidTransition(TenantErrors.Word(tenant.State), "extend_trial");

        var extended = tenant with { TrialEndsAt = until };
        // What an operator has suspended, only a reinstatement brings back.
        return tenant.Because is SuspensionReason.Operator ? extended : extended.Reinstate(now);
    }

    /// <summary>A new state has no deadlines of the old; trial and paid period last as long as they last.</summary>
    private static TenantStanding In(this TenantStanding tenant, TenantState state, DateTimeOffset since) => tenant with
    {
        State = state,
        Since = since,
        Reason = null,
        GraceEndsAt = null,
        SuspendedFrom = null,
        DeletedFrom = null,
        PurgeDueAt = null,
    };

    private static TenantStanding Suspend(
        this TenantStanding tenant, SuspensionReason reason, DateTimeOffset since, LifecycleTimes times) =>
        tenant.In(TenantState.Suspended, since) with
        {
            Reason = reason,
            SuspendedFrom = tenant.State,
            GraceEndsAt = reason is SuspensionReason.Billing ? since + times.Grace : null,
        };

    private static Result<TenantStanding> Reinstate(this TenantStanding tenant, DateTimeOffset now)
    {
        if (tenant.SuspendedFrom is not TenantState.Trial) return tenant.In(TenantState.Active, now);

        return tenant.TrialEndsAt > now ? tenant.In(TenantState.Trial, now) : TenantErrors.TrialOver(tenant.TrialEndsAt);
    }

    /// <summary>Before the paid period is over it is a promise; null where there is nothing to cancel.</summary>
    private static Result<TenantStanding>? Cancel(
        this TenantStanding tenant, DateTimeOffset now, LifecycleTimes times)
    {
        if (tenant.PeriodEndsAt is not { } end) return null;
        if (end > now)
            return tenant.CancelsAtPeriodEnd
                ? null
                : Result<TenantStanding>.Succeeded(tenant with { CancelsAtPeriodEnd = true });

        return tenant.Delete(end, now, times);
    }

    private static TenantStanding Delete(
        this TenantStanding tenant, DateTimeOffset since, DateTimeOffset now, LifecycleTimes times) =>
        tenant.In(TenantState.Deleted, since) with
        {
            DeletedFrom = tenant.State,
            PurgeDueAt = now + times.Retention,
            // What an operator has suspended comes back suspended by the operator.
            Reason = tenant.State is TenantState.Suspended ? tenant.Because : null,
            SuspendedFrom = tenant.State is TenantState.Suspended ? tenant.SuspendedFrom : null,
        };

    /// <summary>Back to where it came from: a trial, and what is no longer paid, have to be paid first.</summary>
    private static TenantStanding Restore(this TenantStanding tenant, DateTimeOffset now, LifecycleTimes times)
    {
        if (tenant.DeletedFrom is TenantState.Active && !(tenant.PeriodEndsAt <= now))
            return tenant.In(TenantState.Active, now) with { CancelsAtPeriodEnd = false };

        var before = tenant.DeletedFrom is TenantState.Suspended ? tenant.SuspendedFrom : tenant.DeletedFrom;
        return tenant.Suspend(tenant.Because, now, times) with
        {
            SuspendedFrom = before ?? TenantState.Active,
            CancelsAtPeriodEnd = false,
        };
    }
}
