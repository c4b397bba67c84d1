using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class PolicyBehaviorTests
{
    private readonly Fakes.Handler _handler = new();
    private readonly Fakes.Denials _denials = new();

    [Fact]
    public async Task Whoever_has_the_permission_may() =>
        (await SendAsync(new Write(), Fakes.MemberWith("events:write"))).Value.ShouldBe("done");

    [Fact]
    public async Task Whoever_lacks_it_may_not_and_learns_which()
    {
        var reader = Fakes.MemberWith("events:read", "orders:write");

        var error = (await SendAsync(new Write(), reader)).Error.ShouldNotBeNull();

        (error.Kind, error.Code).ShouldBe((ErrorKind.Forbidden, "permission_denied"));
        error.Extensions.ShouldBe(new Dictionary<string, object?> { ["permission"] = "events:write" });
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_is_unauthenticated()
    {
        (await SendAsync(new Write(), member: null)).Error.ShouldBe(PolicyErrors.Unauthenticated);
        (await SendAsync(new Own(), member: null)).Error.ShouldBe(PolicyErrors.Unauthenticated);
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Every_member_may_what_needs_no_permission() =>
        (await SendAsync(new Own(), Fakes.MemberWith())).Value.ShouldBe("done");

    [Fact]
    public async Task The_public_may_what_is_public() =>
        (await SendAsync(new Enter(), member: null)).Value.ShouldBe("done");

    [Fact]
    public async Task A_feature_of_the_plan_is_there() =>
        (await SendAsync(new Analyse(), Fakes.MemberWith("analytics:read"))).Value.ShouldBe("done");

    [Fact]
    public async Task A_key_needs_a_plan_that_has_them_and_who_lacks_the_permission_does_not_learn_it()
    {
        var key = Fakes.MemberWith("events:write") with { Kind = ActorKind.ApiKey };

        var error = (await SendAsync(new Write(), key)).Error.ShouldNotBeNull();

        (error.Code, error.Extensions["feature"]).ShouldBe(("feature_not_in_plan", "apiAccess"));
        (await SendAsync(new Write(), Fakes.MemberWith("events:read") with { Kind = ActorKind.ApiKey }))
            .Error.ShouldNotBeNull().Code.ShouldBe("permission_denied");
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_feature_that_the_plan_lacks_names_the_cheapest_plan_that_has_it()
    {
        var error = (await SendAsync(new AddDomain(), Fakes.MemberWith("domains:write"))).Error.ShouldNotBeNull();

        (error.Kind, error.Code).ShouldBe((ErrorKind.Forbidden, "feature_not_in_plan"));
        error.Extensions.ShouldBe(new Dictionary<string, object?>
        {
            ["feature"] = "customDomain",
            ["plan"] = "starter",
            ["requiredPlan"] = "pro",
        });
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_feature_that_no_plan_has_names_none()
    {
        var error = (await SendAsync(new CallSupport(), Fakes.MemberWith("tenant:read"))).Error.ShouldNotBeNull();

        error.Extensions.ShouldBe(new Dictionary<string, object?>
        {
            ["feature"] = "dedicatedSupport",
            ["plan"] = "starter",
            ["requiredPlan"] = null,
        });
    }

    [Fact]
    public async Task Who_may_not_do_it_does_not_learn_what_the_plan_has() =>
        (await SendAsync(new AddDomain(), Fakes.MemberWith("events:read"))).Error.ShouldNotBeNull()
            .Code.ShouldBe("permission_denied");

    [Fact]
    public async Task The_owners_star_is_no_feature() =>
        (await SendAsync(new AddDomain(), Fakes.MemberWith("*"))).Error.ShouldNotBeNull()
            .Code.ShouldBe("feature_not_in_plan");

    [Fact]
    public async Task What_the_gate_denies_is_remembered()
    {
        await SendAsync(new Write(), Fakes.MemberWith("events:read"));
        await SendAsync(new AddDomain(), Fakes.MemberWith("domains:write"));

        _denials.Recorded.ShouldBe(
        [
            new Denial("access.denied", "permission_denied", "Write"),
            new Denial("access.denied", "feature_not_in_plan", "AddDomain"),
        ]);
    }

    [Fact]
    public async Task What_a_handler_denies_is_remembered_too()
    {
        _handler.Answer = PolicyErrors.PermissionDenied("roles:write");

        await SendAsync(new Own(), Fakes.MemberWith());

        _denials.Recorded.ShouldBe([new Denial("access.denied", "permission_denied", "Own")]);
    }

    [Fact]
    public async Task Who_has_not_signed_in_and_who_made_a_mistake_is_not()
    {
        await SendAsync(new Write(), member: null);
        _handler.Answer = Error.NotFound;
        await SendAsync(new Own(), Fakes.MemberWith());

        _denials.Recorded.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_operator_may_what_is_the_platforms_and_a_member_may_not()
    {
        var noTenant = new Fakes.Caller { Tenant = null };

        (await SendAsync(new Inspect(), noTenant with { Operator = Ann })).Value.ShouldBe("done");
        (await SendAsync(new Inspect(), Fakes.MemberWith("*"))).Error.ShouldBe(PolicyErrors.Unauthenticated);
        (await SendAsync(new Inspect(), noTenant)).Error.ShouldBe(PolicyErrors.Unauthenticated);
        (await SendAsync(new Inspect(), noTenant with { IsSystem = true })).Error.ShouldBe(PolicyErrors.Unauthenticated);
    }

    [Fact]
    public async Task A_sweep_is_sent_by_the_platform_itself_and_by_nobody_else()
    {
        var noTenant = new Fakes.Caller { Tenant = null };

        (await SendAsync(new Tidy(), noTenant with { IsSystem = true })).Value.ShouldBe("done");
        (await SendAsync(new Tidy(), noTenant with { Operator = Ann })).Error.ShouldBe(PolicyErrors.Unauthenticated);
        (await SendAsync(new Tidy(), Fakes.MemberWith("*"))).Error.ShouldBe(PolicyErrors.Unauthenticated);
    }

    private static readonly Operator Ann = new(
        OperatorId.New(Fakes.Noon), OperatorSessionId.New(Fakes.Noon), "ann@platform.test", "Ann");

    private Task<Result<string>> SendAsync<TRequest>(TRequest request, Member? member)
        where TRequest : IGuardedRequest<string> =>
        SendAsync(request, new Fakes.Caller { Member = member });

    private Task<Result<string>> SendAsync<TRequest>(TRequest request, Fakes.Caller caller)
        where TRequest : IGuardedRequest<string> =>
        new PolicyBehavior<TRequest, Result<string>>(caller, _denials, TimeProvider.System)
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private static Policy With(string permission, Feature feature = Feature.None) =>
        new() { Permission = permission, Feature = feature, Audit = Deed.None };

    private sealed record Write : ICommand<string>
    {
        public static Policy Policy => With(Permissions.EventsWrite);
    }

    private sealed record Inspect : IPlatformQuery<string>
    {
        public static Policy Policy => With(Permissions.None);
    }

    private sealed record Tidy : ISweep<string>
    {
        public static Policy Policy => With(Permissions.None);
    }

    private sealed record Own : IQuery<string>
    {
        public static Policy Policy => With(Permissions.None);
    }

    private sealed record Enter : IPublicCommand<string>
    {
        public static Policy Policy => With(Permissions.None);
    }

    private sealed record Analyse : IQuery<string>
    {
        public static Policy Policy => With(Permissions.AnalyticsRead, Feature.Analytics);
    }

    private sealed record AddDomain : ICommand<string>
    {
        public static Policy Policy => With(Permissions.DomainsWrite, Feature.CustomDomain);
    }

    private sealed record CallSupport : IQuery<string>
    {
        public static Policy Policy => With(Permissions.TenantRead, Feature.DedicatedSupport);
    }
}
