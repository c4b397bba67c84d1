using System.Net;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

public sealed class MemberSessionsTests(TestHost host)
{
    [Fact]
    public async Task All_sessions_of_a_member_end_and_nobody_elses()
    {
        await using var elsewhere = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var (owner, one, two) = (await tenant.OwnerAsync(), await tenant.AsAsync("viewer"), await tenant.SignedInAsync("viewer"));
        var there = elsewhere.Client(tenant.Host, one.Token);
        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await owner.DeleteAsync($"/v1/members/{tenant.User("viewer").Id}/sessions", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        (await one.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Anonymous.With(two.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Anonymous.RefreshAsync(two.RefreshToken())).ShouldBe(HttpStatusCode.Unauthorized);
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.SignInAsync("viewer")).ShouldBe(HttpStatusCode.OK);
        await Eventually.HoldsAsync(
            async () => (await there.GetAsync("/v1/me")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task All_sessions_of_the_tenant_end_and_no_other_tenants()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (owner, viewer, stranger) = (await tenant.OwnerAsync(), await tenant.AsAsync("viewer"), await other.OwnerAsync());
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await owner.DeleteAsync("/v1/sessions", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ending_all_needs_a_recent_proof()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await tenant.Api.ExecuteAsync(
            "update sessions set authenticated_at = now() - interval '11 minutes' where org_id = $1", tenant.Id.Value);

        (await owner.DeleteAsync("/v1/sessions", ifMatch: null)).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
    }
}
