using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Domain.Tenants;

public sealed class TenantLifecycleTests
{
    private static readonly (TenantState State, SuspensionReason? Reason)[] Columns =
    [
        (TenantState.Provisioning, null),
        (TenantState.ProvisioningFailed, null),
        (TenantState.Trial, null),
        (TenantState.Active, null),
        (TenantState.Suspended, SuspensionReason.Billing),
        (TenantState.Suspended, SuspensionReason.Operator),
        (TenantState.Deleted, null),
        (TenantState.Purged, null),
    ];

    /// <summary>
    /// The contract's "may, by state", row by row; columns as above. Of a deleted tenant's tickets the contract says
    /// "until the event ends": the state alone does not know that, and leaves it to who knows the event.
    /// </summary>
    [Theory]
    [InlineData(Capability.SignIn, "- - yes yes yes yes yes -")]
    [InlineData(Capability.Pay, "- - yes yes yes - - -")]
    [InlineData(Capability.Export, "- - yes yes yes - yes -")]
    [InlineData(Capability.Restore, "- - - - - - yes -")]
    [InlineData(Capability.Read, "- - yes yes yes - - -")]
    [InlineData(Capability.Change, "- - yes yes - - - -")]
    [InlineData(Capability.UseKeys, "- - yes yes - - - -")]
    [InlineData(Capability.Delete, "- - yes yes yes - - -")]
    [InlineData(Capability.HonourTickets, "- - yes yes yes yes yes -")]
    public void A_state_allows_what_the_contract_says(Capability capability, string row) =>
        string.Join(' ', Columns.Select(column =>
                TenantLifecycle.Allows(column.State, column.Reason, capability) ? "yes" : "-"))
            .ShouldBe(row);

    [Fact]
    public void The_table_has_a_column_for_each_state() =>
        Columns.Select(column => column.State).Distinct().ShouldBe(Enum.GetValues<TenantState>(), ignoreOrder: true);

    [Fact]
    public void A_suspension_without_a_reason_is_for_billing() =>
        Enum.GetValues<Capability>().Where(capability =>
                TenantLifecycle.Allows(TenantState.Suspended, reason: null, capability)
                != TenantLifecycle.Allows(TenantState.Suspended, SuspensionReason.Billing, capability))
            .ShouldBeEmpty();

    [Fact]
    public void Only_the_owner_signs_in_where_members_have_nothing_left_that_they_may_do() =>
        Columns.Where(column => TenantLifecycle.OnlyOwnerSignsIn(column.State, column.Reason)).ShouldBe(
            [(TenantState.Suspended, SuspensionReason.Operator), (TenantState.Deleted, null)]);

    [Fact]
    public void A_state_that_nobody_thought_of_throws() =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => TenantLifecycle.Allows((TenantState)99, reason: null, Capability.Read));
}
