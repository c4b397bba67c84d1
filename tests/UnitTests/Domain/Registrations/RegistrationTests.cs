using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Registrations;

namespace CleanTenancy.UnitTests.Domain.Registrations;

public sealed class RegistrationTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void One_who_is_entered_is_active_and_known_by_the_compared_address()
    {
        var ann = Enter();

        (ann.Status, ann.Version, ann.CreatedAt, ann.UpdatedAt, ann.CancelledAt)
            .ShouldBe((RegistrationStatus.Active, 1, Now, Now, null));
        (ann.Email, ann.NormalizedEmail).ShouldBe(("Ann@Acme.Test", "ann@acme.test"));
    }

    [Fact]
    public void What_is_no_address_is_the_callers_bug() =>
        Should.Throw<FormatException>(() => Registration.Enter(TenantId.New(Now), EventId.New(Now), "Ann", "ann", Now));

    [Theory]
    [InlineData(RegistrationStatus.Held)]
    [InlineData(RegistrationStatus.Active)]
    public void A_place_that_is_taken_can_be_cancelled(RegistrationStatus status)
    {
        var ann = Enter(status);

        ann.Cancel(Now.AddHours(1)).ShouldBeNull();

        (ann.Status, ann.CancelledAt, ann.UpdatedAt, ann.Version)
            .ShouldBe((RegistrationStatus.Cancelled, Now.AddHours(1), Now.AddHours(1), 2));
    }

    [Theory]
    [InlineData(RegistrationStatus.Cancelled)]
    [InlineData(RegistrationStatus.Expired)]
    [InlineData(RegistrationStatus.Blocked)]
    public void A_place_that_is_not_taken_is_not_given_back_twice(RegistrationStatus status)
    {
        var ann = Enter(status);

        var refusal = ann.Cancel(Now.AddHours(1));

        refusal.ShouldNotBeNull().Code.ShouldBe("invalid_transition");
        refusal.Extensions.ShouldBe(new Dictionary<string, object?>
        {
            ["from"] = status.ToString().ToLowerInvariant(),
            ["trigger"] = "cancel",
        });
        (ann.Status, ann.CancelledAt, ann.Version).ShouldBe((status, null, 1));
    }

    private static Registration Enter(RegistrationStatus status = RegistrationStatus.Active)
    {
        var ann = Registration.Enter(TenantId.New(Now), EventId.New(Now), "Ann", "Ann@Acme.Test", Now);
        // The statuses besides active and cancelled come with orders.
        typeof(Registration).GetProperty(nameof(Registration.Status))!.SetValue(ann, status);
        return ann;
    }
}
