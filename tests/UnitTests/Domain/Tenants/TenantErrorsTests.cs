using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Domain.Tenants;

public sealed class TenantErrorsTests
{
    private static readonly DateTimeOffset Since = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(TenantState.Provisioning)]
    [InlineData(TenantState.ProvisioningFailed)]
    public void A_tenant_in_the_making_asks_to_wait(TenantState state)
    {
        var error = TenantErrors.NotAllowed(state, reason: null, Since);

        (error.Kind, error.Code).ShouldBe((ErrorKind.Unavailable, "tenant_provisioning"));
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(TenantState.Suspended, SuspensionReason.Billing, "tenant_suspended", "billing")]
    [InlineData(TenantState.Suspended, SuspensionReason.Operator, "tenant_suspended", "operator")]
    [InlineData(TenantState.Suspended, null, "tenant_suspended", "billing")]
    [InlineData(TenantState.Deleted, null, "tenant_deleted", "deleted")]
    [InlineData(TenantState.Purged, null, "tenant_deleted", "deleted")]
    public void A_closed_tenant_says_since_when_and_why(
        TenantState state, SuspensionReason? suspension, string code, string reason)
    {
        var error = TenantErrors.NotAllowed(state, suspension, Since);

        (error.Kind, error.Code).ShouldBe((ErrorKind.Forbidden, code));
        error.Extensions.ShouldBe(new Dictionary<string, object?> { ["since"] = Since, ["reason"] = reason });
        error.RetryAfter.ShouldBeNull();
    }

    [Theory]
    [InlineData(TenantState.Trial, "trial")]
    [InlineData(TenantState.Active, "active")]
    public void Where_nothing_was_deleted_nothing_is_taken_back(TenantState state, string from)
    {
        var error = TenantErrors.NotAllowed(state, reason: null, Since);

        (error.Kind, error.Code).ShouldBe((ErrorKind.Conflict, "invalid_transition"));
        error.Extensions.ShouldBe(new Dictionary<string, object?> { ["from"] = from, ["trigger"] = "restore" });
    }

    [Fact]
    public void A_state_that_nobody_thought_of_throws() =>
        Should.Throw<ArgumentOutOfRangeException>(() => TenantErrors.NotAllowed((TenantState)99, reason: null, Since));
}
