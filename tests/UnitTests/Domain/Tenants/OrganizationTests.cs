using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Domain.Tenants;

public sealed class OrganizationTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_move_keeps_its_instant_and_reason_and_makes_a_new_version()
    {
        var acme = Organization.Start(TenantId.New(Noon), "acme", "Acme", Tier.Pro, Noon);
        (acme.State, acme.Version).ShouldBe((TenantState.Active, 1));

        acme.Suspend(SuspensionReason.Operator, Noon.AddDays(1));
        (acme.State, acme.SuspensionReason, acme.StateSince, acme.Version)
            .ShouldBe((TenantState.Suspended, SuspensionReason.Operator, Noon.AddDays(1), 2));

        acme.Try(until: Noon.AddDays(9), Noon.AddDays(2));
        (acme.State, acme.SuspensionReason, acme.TrialEndsAt, acme.Version)
            .ShouldBe((TenantState.Trial, null, Noon.AddDays(9), 3));

        acme.Delete(Noon.AddDays(3));
        (acme.State, acme.StateSince, acme.UpdatedAt, acme.Version)
            .ShouldBe((TenantState.Deleted, Noon.AddDays(3), Noon.AddDays(3), 4));
    }
}
