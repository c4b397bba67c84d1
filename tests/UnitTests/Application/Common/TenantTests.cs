using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class TenantTests
{
    private static readonly DateTimeOffset Noon = Fakes.Noon;

    [Fact]
    public void A_trial_that_ran_out_is_suspended_before_any_sweep_has_seen_it()
    {
        var trial = Standing(TenantState.Trial) with { TrialEndsAt = Noon };

        At(trial, Noon.AddTicks(-1)).ShouldBe((TenantState.Trial, null, trial.Since));
        At(trial, Noon).ShouldBe((TenantState.Suspended, SuspensionReason.Billing, Noon));
    }

    [Fact]
    public void A_trial_whose_grace_is_over_too_is_deleted_since_then() =>
        At(Standing(TenantState.Trial) with { TrialEndsAt = Noon }, Noon.AddDays(14))
            .ShouldBe((TenantState.Deleted, SuspensionReason.Billing, Noon.AddDays(14)));

    [Fact]
    public void A_subscription_that_was_cancelled_ends_with_its_period()
    {
        var cancelled = Standing(TenantState.Active) with { PeriodEndsAt = Noon, CancelsAtPeriodEnd = true };

        At(cancelled, Noon.AddTicks(-1)).State.ShouldBe(TenantState.Active);
        At(cancelled, Noon).ShouldBe((TenantState.Deleted, null, Noon));
        At(cancelled with { CancelsAtPeriodEnd = false }, Noon).State.ShouldBe(TenantState.Active);
    }

    [Fact]
    public void A_tenant_whose_purge_is_due_is_as_if_it_were_not_there()
    {
        var deleted = Standing(TenantState.Deleted) with { PurgeDueAt = Noon };

        At(deleted, Noon.AddTicks(-1)).State.ShouldBe(TenantState.Deleted);
        At(deleted, Noon).ShouldBe((TenantState.Purged, null, Noon));
    }

    [Fact]
    public void Nobody_is_purged_by_the_clock_whose_deletion_no_sweep_has_made_real() =>
        At(Standing(TenantState.Trial) with { TrialEndsAt = Noon }, Noon.AddYears(1)).State
            .ShouldBe(TenantState.Deleted);

    [Fact]
    public void A_date_left_over_from_a_trial_suspends_nobody_else() =>
        At(Standing(TenantState.Active) with { TrialEndsAt = Noon }, Noon.AddDays(1)).State
            .ShouldBe(TenantState.Active);

    [Fact]
    public void A_tenant_that_an_operator_has_suspended_stays_so() =>
        At(
            Standing(TenantState.Suspended) with { Reason = SuspensionReason.Operator, TrialEndsAt = Noon },
            Noon.AddYears(1))
            .ShouldBe((TenantState.Suspended, SuspensionReason.Operator, Noon.AddDays(-1)));

    [Theory]
    [InlineData("events:read", true)]
    [InlineData("events:write", false)]
    [InlineData("", true)]
    [InlineData("events", false)]
    [InlineData("EVENTS:READ", false)]
    public void A_member_may_what_was_given(string permission, bool may) =>
        Fakes.MemberWith("events:read").May(permission).ShouldBe(may);

    [Fact]
    public void The_star_is_every_permission() => Fakes.MemberWith("*").May("tenant:delete").ShouldBeTrue();

    private static TenantStanding Standing(TenantState state) => new() { State = state, Since = Noon.AddDays(-1) };

    private static (TenantState State, SuspensionReason? Reason, DateTimeOffset Since) At(
        TenantStanding standing, DateTimeOffset now) =>
        (Fakes.Acme with { Standing = standing }).StateAt(now);
}
