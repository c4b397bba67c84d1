using CleanTenancy.Domain.Tenants;
using CsCheck;

namespace CleanTenancy.UnitTests.Domain.Tenants;

public sealed class TenantTransitionsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly LifecycleTimes Times = LifecycleTimes.Default;

    private static readonly TenantStanding Active = new() { State = TenantState.Active, Since = Noon };

    private static readonly TenantStanding Trial =
        new() { State = TenantState.Trial, Since = Noon, TrialEndsAt = Noon.AddDays(14) };

    /// <summary>The contract's drawing, line by line, and Delete, which it has routes for and no arrow.</summary>
    [Fact]
    public void The_table_is_the_contracts_drawing() =>
        TenantTransitions.Table.Select(arrow => $"{arrow.From} --{arrow.Trigger}--> {arrow.To}").ShouldBe(
            [
                "Provisioning --Activation--> Trial",
                "Trial --Subscribe--> Active",
                "Trial --TrialExpired--> Suspended",
                "Active --Renew--> Active",
                "Active --PaymentFailed--> Suspended",
                "Active --OperatorSuspend--> Suspended",
                "Trial --OperatorSuspend--> Suspended",
                "Provisioning --ProvisioningFailed--> ProvisioningFailed",
                "ProvisioningFailed --Retry--> Provisioning",
                "Suspended --PaymentSucceeded--> Active",
                "Suspended --GracePeriodExpired--> Deleted",
                "Active --CancelSubscription--> Deleted",
                "Deleted --Restore--> Suspended",
                "Deleted --Restore--> Active",
                "Deleted --PurgeData--> Purged",
                "Suspended --OperatorReinstate--> Trial",
                "Suspended --OperatorReinstate--> Active",
                "Trial --Delete--> Deleted",
                "Active --Delete--> Deleted",
                "Suspended --Delete--> Deleted",
            ],
            ignoreOrder: true);

    [Fact]
    public void Whatever_the_table_does_not_have_is_refused_by_name()
    {
        foreach (var state in Enum.GetValues<TenantState>())
            foreach (var trigger in Enum.GetValues<TenantTrigger>())
            {
                if (TenantTransitions.Table.Any(arrow => arrow.From == state && arrow.Trigger == trigger)) continue;

                var refusal = Move(new() { State = state, Since = Noon }, trigger, Noon).Error.ShouldNotBeNull();
                refusal.Code.ShouldBe("invalid_transition");
                refusal.Extensions.Keys.ShouldBe(["from", "trigger"], ignoreOrder: true);
            }
    }

    [Fact]
    public void A_trial_lasts_fourteen_days_and_so_does_the_grace_after_it()
    {
        var trial = Go(new() { State = TenantState.Provisioning, Since = Noon }, TenantTrigger.Activation, Noon);
        trial.TrialEndsAt.ShouldBe(Noon.AddDays(14));

        Move(trial, TenantTrigger.TrialExpired, Noon.AddDays(14).AddTicks(-1)).Error.ShouldNotBeNull();
        var suspended = Go(trial, TenantTrigger.TrialExpired, Noon.AddDays(15));
        (suspended.State, suspended.Reason, suspended.Since, suspended.GraceEndsAt, suspended.SuspendedFrom).ShouldBe(
            (TenantState.Suspended, SuspensionReason.Billing, Noon.AddDays(14), Noon.AddDays(28), TenantState.Trial));
    }

    [Fact]
    public void A_deletion_by_the_clock_counts_from_its_deadline_and_its_retention_from_the_day_it_is_made_real()
    {
        var suspended = Go(Active, TenantTrigger.PaymentFailed, Noon);

        Move(suspended, TenantTrigger.GracePeriodExpired, Noon.AddDays(14).AddTicks(-1)).Error.ShouldNotBeNull();
        var deleted = Go(suspended, TenantTrigger.GracePeriodExpired, Noon.AddDays(40));
        (deleted.Since, deleted.PurgeDueAt).ShouldBe((Noon.AddDays(14), Noon.AddDays(70)));
    }

    [Fact]
    public void A_subscription_is_cancelled_for_the_end_of_what_is_paid()
    {
        Move(Active, TenantTrigger.CancelSubscription, Noon).Error.ShouldNotBeNull("nothing is paid");
        var paid = Go(Active, TenantTrigger.Renew, Noon, Noon.AddDays(30));

        var cancelled = Go(paid, TenantTrigger.CancelSubscription, Noon);
        (cancelled.State, cancelled.CancelsAtPeriodEnd).ShouldBe((TenantState.Active, true));
        Move(cancelled, TenantTrigger.CancelSubscription, Noon).Error.ShouldNotBeNull("it is already");

        Go(cancelled, TenantTrigger.CancelSubscription, Noon.AddDays(30)).State.ShouldBe(TenantState.Deleted);
    }

    [Fact]
    public void No_payment_lifts_what_an_operator_has_suspended_and_no_grace_ends_it()
    {
        var suspended = Go(Active, TenantTrigger.OperatorSuspend, Noon);

        suspended.GraceEndsAt.ShouldBeNull();
        Move(suspended, TenantTrigger.PaymentSucceeded, Noon).Error.ShouldNotBeNull();
        Move(suspended, TenantTrigger.GracePeriodExpired, Noon.AddYears(1)).Error.ShouldNotBeNull();
        Go(suspended, TenantTrigger.OperatorReinstate, Noon).State.ShouldBe(TenantState.Active);
    }

    [Fact]
    public void A_reinstated_trial_goes_on_and_one_that_is_over_is_refused_until_it_is_extended()
    {
        var suspended = Go(Trial, TenantTrigger.OperatorSuspend, Noon.AddDays(1));

        Go(suspended, TenantTrigger.OperatorReinstate, Noon.AddDays(2)).State.ShouldBe(TenantState.Trial);
        Move(suspended, TenantTrigger.OperatorReinstate, Noon.AddDays(14)).Error!.Code.ShouldBe("trial_over");

        var extended = suspended.ExtendTrial(Noon.AddDays(20), Noon.AddDays(14)).Value;
        extended.State.ShouldBe(TenantState.Suspended, "what an operator has suspended, only a reinstatement brings back");
        Go(extended, TenantTrigger.OperatorReinstate, Noon.AddDays(14)).State.ShouldBe(TenantState.Trial);
    }

    [Fact]
    public void A_tenant_that_needs_no_payment_is_reinstated_to_active_even_if_its_trial_is_over()
    {
        var over = Go(Trial, TenantTrigger.TrialExpired, Noon.AddDays(14));

        var free = over.Move(
            TenantTrigger.OperatorReinstate, new() { NeedsNoPayment = true }, Noon.AddDays(15), LifecycleTimes.Default).Value;

        (free.State, free.Reason, free.GraceEndsAt, free.Due(Noon.AddYears(1))).ShouldBe((TenantState.Active, null, null, null));
    }

    [Fact]
    public void A_trial_that_was_suspended_for_being_over_runs_again_when_it_is_extended()
    {
        var over = Go(Trial, TenantTrigger.TrialExpired, Noon.AddDays(14));

        var again = over.ExtendTrial(Noon.AddDays(20), Noon.AddDays(15)).Value;
        (again.State, again.Reason, again.TrialEndsAt, again.GraceEndsAt)
            .ShouldBe((TenantState.Trial, null, Noon.AddDays(20), null));
        Active.ExtendTrial(Noon.AddDays(20), Noon).Error!.Code.ShouldBe("invalid_transition");
        Go(Active, TenantTrigger.PaymentFailed, Noon).ExtendTrial(Noon.AddDays(20), Noon).Error.ShouldNotBeNull();
    }

    [Fact]
    public void A_deleted_tenant_comes_back_as_what_it_was_but_for_a_trial_and_what_is_no_longer_paid()
    {
        Restored(Active).State.ShouldBe(TenantState.Active);
        Restored(Active with { PeriodEndsAt = Noon.AddDays(9) }).State.ShouldBe(TenantState.Active);
        Restored(Active with { PeriodEndsAt = Noon.AddHours(1) }).Reason.ShouldBe(SuspensionReason.Billing);
        var tried = Restored(Trial);
        (tried.State, tried.Reason, tried.GraceEndsAt, tried.SuspendedFrom).ShouldBe(
            (TenantState.Suspended, SuspensionReason.Billing, Noon.AddDays(15), TenantState.Trial));
        Restored(Go(Active, TenantTrigger.PaymentFailed, Noon)).GraceEndsAt.ShouldBe(Noon.AddDays(15));
    }

    [Fact]
    public void A_deletion_does_not_wash_an_operators_suspension_off()
    {
        var restored = Restored(Go(Active, TenantTrigger.OperatorSuspend, Noon));

        (restored.State, restored.Reason, restored.GraceEndsAt, restored.SuspendedFrom).ShouldBe(
            (TenantState.Suspended, SuspensionReason.Operator, null, TenantState.Active));
    }

    [Fact]
    public void Nobody_is_restored_whose_purge_is_due_or_purged_before_it_is_but_by_an_operator()
    {
        var deleted = Go(Active, TenantTrigger.Delete, Noon);

        Move(deleted, TenantTrigger.Restore, Noon.AddDays(30)).Error.ShouldNotBeNull();
        Move(deleted, TenantTrigger.PurgeData, Noon.AddDays(30).AddTicks(-1)).Error.ShouldNotBeNull();
        Go(deleted, TenantTrigger.PurgeData, Noon.AddDays(30)).State.ShouldBe(TenantState.Purged);
        deleted.Move(TenantTrigger.PurgeData, new() { PurgesEarly = true }, Noon, Times).Error.ShouldBeNull();
    }

    /// <summary>Whatever happens in whatever order, at whatever distance.</summary>
    [Fact]
    public void No_sequence_leaves_the_table_or_a_deadline_of_another_state() =>
        Gen.Select(Gen.Enum<TenantTrigger>(), Gen.Int[0, 40 * 24]).Array[1, 30].Sample(
            steps =>
            {
                var (tenant, now) = (new TenantStanding { State = TenantState.Provisioning, Since = Noon }, Noon);
                foreach (var (trigger, hours) in steps)
                {
                    now = now.AddHours(hours);
                    while (tenant.Due(now) is { } due) tenant = Step(tenant, due, now);
                    tenant = Step(tenant, trigger, now);
                    tenant.Due(now).ShouldBeNull();
                }
            },
            iter: 10_000);

    private static TenantStanding Step(TenantStanding tenant, TenantTrigger trigger, DateTimeOffset now)
    {
        var terms = new TransitionTerms { PaidUntil = now.AddDays(30) };
        if (tenant.Move(trigger, terms, now, Times) is not { Error: null, Value: var moved }) return tenant;

        var isPromise = trigger is TenantTrigger.CancelSubscription && moved.State is TenantState.Active;
        if (!isPromise)
            // Any, not ShouldContain, which compiles its expression at each call.
            TenantTransitions.Table.Any(
                arrow => arrow.From == tenant.State && arrow.Trigger == trigger && arrow.To == moved.State
                    && (arrow.Because is null || arrow.Because == moved.Because)).ShouldBeTrue($"{tenant.State} {trigger} {moved.State}");
        (moved.GraceEndsAt is null).ShouldBe(
            moved is not { State: TenantState.Suspended, Because: SuspensionReason.Billing });
        (moved.PurgeDueAt is null).ShouldBe(moved.State is not TenantState.Deleted);
        (moved.DeletedFrom is null).ShouldBe(moved.State is not TenantState.Deleted);
        (moved.Since <= now).ShouldBeTrue();
        return moved;
    }

    private static TenantStanding Restored(TenantStanding before) => Go(
        Go(before, TenantTrigger.Delete, Noon), TenantTrigger.Restore, Noon.AddDays(1));

    private static TenantStanding Go(
        TenantStanding tenant, TenantTrigger trigger, DateTimeOffset now, DateTimeOffset? paidUntil = null) =>
        tenant.Move(trigger, new() { PaidUntil = paidUntil }, now, Times).Value;

    private static CleanTenancy.Domain.Common.Result<TenantStanding> Move(
        TenantStanding tenant, TenantTrigger trigger, DateTimeOffset now) =>
        tenant.Move(trigger, TransitionTerms.None, now, Times);
}
