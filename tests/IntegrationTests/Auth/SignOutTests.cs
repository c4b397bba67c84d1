using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class SignOutTests(TestHost host)
{
    [Fact]
    public async Task Both_tokens_of_the_session_are_refused_at_once()
    {
        var tenant = await host.NewTenantAsync();
        var pair = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var viewer = tenant.Anonymous.With(pair.AccessToken());
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        var signedOut = (await viewer.PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);

        signedOut.Text.ShouldBeEmpty();
        (await viewer.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await viewer.PostAsync("/v1/auth/logout")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.RefreshAsync(pair.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.DeedsAsync()).ShouldBe(["session.started", "session.ended"]);
        (await host.Api.QueryAsync<string>(
            "select concat_ws('/', actor_kind, actor_id, address) from audit_logs where org_id = $1 and action = 'session.ended'",
            tenant.Id.Value)).ShouldBe($"user/{tenant.User(BuiltInRoles.Viewer).Id.Value}/127.0.0.1");
        (await host.Api.QueryAsync<string>("select revoked_reason from sessions where org_id = $1", tenant.Id.Value))
            .ShouldBe("signed_out");
    }

    [Fact]
    public async Task Other_sessions_of_the_person_and_of_others_live_on()
    {
        var tenant = await host.NewTenantAsync();
        var (here, there, colleague) =
            (await tenant.AsAsync(BuiltInRoles.Viewer), await tenant.AsAsync(BuiltInRoles.Viewer), await tenant.OwnerAsync());

        (await here.PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);

        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await colleague.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Another_instance_hears_of_it()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var here = await tenant.OwnerAsync();
        var there = other.Client(tenant.Host, here.Token);
        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await here.PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);

        await Eventually.HoldsAsync(
            async () => (await there.GetAsync("/v1/me")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Without_a_token_or_on_another_tenants_host_it_ends_nothing()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        (await tenant.Anonymous.PostAsync("/v1/auth/logout")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await other.Anonymous.With(owner.Token).PostAsync("/v1/auth/logout"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_suspended_tenant_lets_people_out()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));

        (await (await tenant.OwnerAsync()).PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);
    }
}
