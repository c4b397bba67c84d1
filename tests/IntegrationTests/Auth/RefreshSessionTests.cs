using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class RefreshSessionTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    [Fact]
    public async Task A_refresh_token_is_changed_for_a_new_pair_of_the_same_session()
    {
        var tenant = await host.NewTenantAsync();
        var first = await tenant.SignedInAsync(BuiltInRoles.Viewer);

        var second = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);

        second.RefreshToken().ShouldNotBe(first.RefreshToken());
        second.AccessToken().ShouldNotBe(first.AccessToken());
        second.Headers.CacheControl!.NoStore.ShouldBeTrue();
        AuthSteps.SessionOf(second.AccessToken()).ShouldBe(AuthSteps.SessionOf(first.AccessToken()));
        second.Body!["user"]!.ToJsonString().ShouldBe(first.Body!["user"]!.ToJsonString());
        (await tenant.Anonymous.With(second.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.Anonymous.RefreshAsync(second.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        (await tenant.DeedsAsync()).ShouldBe(["session.started", "session.refreshed", "session.refreshed"]);
    }

    [Fact]
    public async Task Another_tenants_host_refuses_it_and_leaves_it_alive()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var before = await other.TraceAsync();

        (await other.Anonymous.RefreshAsync(signedIn.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await other.TraceAsync()).ShouldBe(before);
        (await tenant.Anonymous.RefreshAsync(signedIn.RefreshToken())).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("garbage")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열")]
    public async Task Garbage_is_unauthenticated(string token)
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();

        (await tenant.Anonymous.RefreshAsync(token)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"refreshToken":""}""")]
    [InlineData("""{"refreshToken":null}""")]
    [InlineData("""{"refreshToken":"a","accessToken":"b"}""")]
    public async Task A_body_that_does_not_fit_is_refused(string body)
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.Anonymous.PostTextAsync("/v1/auth/refresh", body)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
        (await tenant.Anonymous.RefreshAsync(new string('a', 201))).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task An_access_token_is_no_refresh_token_and_the_other_way_round()
    {
        var tenant = await host.NewTenantAsync();
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);

        (await tenant.Anonymous.RefreshAsync(signedIn.AccessToken()[..200])).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Anonymous.With(signedIn.RefreshToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_suspended_person_stays_signed_in_no_longer()
    {
        var tenant = await host.NewTenantAsync();
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        await host.Api.ExecuteAsync("update users set status = 'suspended' where org_id = $1", tenant.Id.Value);

        (await tenant.Anonymous.RefreshAsync(signedIn.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Members_of_a_tenant_suspended_by_an_operator_are_told_so_and_keep_their_token()
    {
        var tenant = await host.NewTenantAsync();
        var (owner, viewer) = (await tenant.SignedInAsync(BuiltInRoles.SuperAdmin), await tenant.SignedInAsync(BuiltInRoles.Viewer));
        await host.Api.Seeder.ChangeAsync(
            tenant.Id, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt), TestContext.Current.CancellationToken);
        var probe = await tenant.OwnerAsync();
        await Eventually.HoldsAsync(
            async () => (await probe.GetAsync("/v1/events")).Code == "tenant_suspended", TimeSpan.FromSeconds(2));

        (await tenant.Anonymous.RefreshAsync(viewer.RefreshToken())).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
        (await tenant.Anonymous.RefreshAsync(viewer.RefreshToken())).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
        (await tenant.Anonymous.RefreshAsync(owner.RefreshToken())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Unused_for_seven_days_it_is_dead()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var (kept, late) = (await tenant.SignedInAsync(BuiltInRoles.Viewer), await tenant.SignedInAsync(BuiltInRoles.Staff));

        clocked.Clock.Advance(RefreshToken.IdleLifetime - TimeSpan.FromSeconds(1));
        (await tenant.Anonymous.RefreshAsync(kept.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        clocked.Clock.Advance(TimeSpan.FromSeconds(1));
        (await tenant.Anonymous.RefreshAsync(late.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Thirty_days_after_the_sign_in_it_is_dead_however_often_it_was_used()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var pair = await tenant.SignedInAsync(BuiltInRoles.Viewer);

        var six = TimeSpan.FromDays(6);
        foreach (var pause in new[] { six, six, six, six, Session.Lifetime - (4 * six) - TimeSpan.FromSeconds(1) })
        {
            clocked.Clock.Advance(pause);
            pair = (await tenant.Anonymous.RefreshAsync(pair.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        }

        clocked.Clock.Advance(TimeSpan.FromSeconds(1));
        (await tenant.Anonymous.RefreshAsync(pair.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.With(pair.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
    }
}
