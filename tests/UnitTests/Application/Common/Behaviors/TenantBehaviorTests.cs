using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class TenantBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    private readonly FakeTimeProvider _clock = new(Fakes.Noon);

    [Theory]
    [InlineData(TenantState.Active, null, true, true, true)]
    [InlineData(TenantState.Trial, null, true, true, true)]
    [InlineData(TenantState.Suspended, SuspensionReason.Billing, true, false, true)]
    [InlineData(TenantState.Suspended, SuspensionReason.Operator, false, false, true)]
    [InlineData(TenantState.Deleted, null, false, false, true)]
    [InlineData(TenantState.Provisioning, null, false, false, false)]
    public async Task The_state_lets_through_reads_changes_and_what_a_policy_names(
        TenantState state, SuspensionReason? reason, bool query, bool command, bool signIn)
    {
        var tenant = Fakes.Acme with { Standing = new() { State = state, Reason = reason, Since = Fakes.Noon } };

        ((await SendAsync(new Ask(), tenant)).Error is null).ShouldBe(query);
        ((await SendAsync(new Act(), tenant)).Error is null).ShouldBe(command);
        ((await SendAsync(new Enter(), tenant)).Error is null).ShouldBe(signIn);
    }

    [Theory]
    [InlineData(TenantState.Trial, null, true)]
    [InlineData(TenantState.Active, null, true)]
    [InlineData(TenantState.Suspended, SuspensionReason.Billing, false)]
    [InlineData(TenantState.Deleted, null, false)]
    public async Task A_key_reads_in_a_trial_and_an_active_tenant_only(
        TenantState state, SuspensionReason? reason, bool may)
    {
        var tenant = Fakes.Acme with { Standing = new() { State = state, Reason = reason, Since = Fakes.Noon } };
        var key = Fakes.MemberWith() with { Kind = ActorKind.ApiKey };

        ((await SendAsync(new Ask(), tenant, key)).Error is null).ShouldBe(may);
    }

    [Fact]
    public async Task A_refusal_says_since_when_and_why_and_asks_no_handler()
    {
        var tenant = Fakes.Acme with
        {
            Standing = new()
            {
                State = TenantState.Suspended,
                Reason = SuspensionReason.Operator,
                Since = Fakes.Noon,
            },
        };

        var error = (await SendAsync(new Act(), tenant)).Error.ShouldNotBeNull();

        error.Code.ShouldBe("tenant_suspended");
        error.Extensions.ShouldBe(new Dictionary<string, object?> { ["since"] = Fakes.Noon, ["reason"] = "operator" });
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task The_clock_ends_a_trial()
    {
        var tenant = Fakes.Acme with
        {
            Standing = new() { State = TenantState.Trial, Since = Fakes.Noon, TrialEndsAt = Fakes.Noon.AddDays(1) },
        };

        (await SendAsync(new Act(), tenant)).Error.ShouldBeNull();
        _clock.Advance(TimeSpan.FromDays(1));

        (await SendAsync(new Act(), tenant)).Error.ShouldNotBeNull()
            .Extensions["since"].ShouldBe(Fakes.Noon.AddDays(1));
        (await SendAsync(new Ask(), tenant)).Error.ShouldBeNull();
    }

    [Fact]
    public async Task A_tenants_request_on_the_platform_host_throws()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new Ask(), tenant: null));
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_platform_request_on_a_tenants_host_throws()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new AskPlatform(), Fakes.Acme));
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_platform_request_on_the_platform_host_passes() =>
        (await SendAsync(new AskPlatform(), tenant: null)).Value.ShouldBe("done");

    private Task<Result<string>> SendAsync<TRequest>(TRequest request, Tenant? tenant, Member? member = null)
        where TRequest : IGuardedRequest<string> =>
        new TenantBehavior<TRequest, Result<string>>(new Fakes.Caller { Tenant = tenant, Member = member }, _clock)
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private static readonly Policy Open =
        new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };

    private sealed record Ask : IQuery<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Act : ICommand<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Enter : ICommand<string>
    {
        public static Policy Policy => Open with { Capability = Capability.SignIn };
    }

    private sealed record AskPlatform : IPublicPlatformQuery<string>
    {
        public static Policy Policy => Open;
    }
}
