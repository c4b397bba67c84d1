using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class TenantTests
{
    private static readonly DateTimeOffset Noon = Fakes.Noon;

    [Fact]
    public void A_trial_that_ran_out_is_suspended_before_any_sweep_has_seen_it()
    {
        var trial = Fakes.Acme with { State = TenantState.Trial, TrialEndsAt = Noon };

        trial.StateAt(Noon.AddTicks(-1)).ShouldBe((TenantState.Trial, null, trial.StateSince));
        trial.StateAt(Noon).ShouldBe((TenantState.Suspended, SuspensionReason.Billing, Noon));
    }

    [Fact]
    public void A_date_left_over_from_a_trial_suspends_nobody_else() =>
        (Fakes.Acme with { TrialEndsAt = Noon }).StateAt(Noon.AddDays(1)).State.ShouldBe(TenantState.Active);

    [Fact]
    public void A_suspended_tenant_says_why_and_since_when()
    {
        var suspended = Fakes.Acme with
        {
            State = TenantState.Suspended,
            SuspensionReason = SuspensionReason.Operator,
            StateSince = Noon,
        };

        suspended.StateAt(Noon.AddDays(1)).ShouldBe((TenantState.Suspended, SuspensionReason.Operator, Noon));
    }

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
}
