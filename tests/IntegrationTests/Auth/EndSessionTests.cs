using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class EndSessionTests(TestHost host)
{
    [Fact]
    public async Task Another_of_ones_own_sessions_is_refused_at_once_and_this_one_lives_on()
    {
        var tenant = await host.NewTenantAsync();
        var phone = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var (there, here) = (tenant.Anonymous.With(phone.AccessToken()), await tenant.AsAsync(BuiltInRoles.Viewer));
        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        var session = AuthSteps.SessionOf(phone.AccessToken());

        (await here.DeleteAsync($"/v1/me/sessions/{session}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        (await there.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.RefreshAsync(phone.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await here.GetAsync("/v1/me/sessions")).Ids().ShouldBe([AuthSteps.SessionOf(here.Token!)]);
        (await tenant.DeedsAsync()).ShouldBe(["session.started", "session.revoked"]);
        (await host.Api.QueryAsync<Guid>(
            "select row_id from audit_logs where org_id = $1 and action = 'session.revoked'", tenant.Id.Value)).ShouldBe(session);
        (await here.DeleteAsync($"/v1/me/sessions/{session}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Another_persons_and_another_tenants_are_as_unknown_as_a_random_one()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (owner, viewer, stranger) =
            (await tenant.OwnerAsync(), await tenant.AsAsync(BuiltInRoles.Viewer), await other.OwnerAsync());
        var before = await tenant.TraceAsync();

        var random = await owner.DeleteAsync($"/v1/me/sessions/{Answers.RandomId()}", ifMatch: null);
        foreach (var client in new[] { viewer, stranger })
        {
            var refused = await owner.DeleteAsync($"/v1/me/sessions/{AuthSteps.SessionOf(client.Token!)}", ifMatch: null);
            refused.ShouldBeProblem(HttpStatusCode.NotFound, "not_found").Comparable.ShouldBe(random.Comparable);
            (await client.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        }

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Another_instance_hears_of_it()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var (here, phone) = (await tenant.OwnerAsync(), await tenant.OwnerAsync());
        var there = other.Client(tenant.Host, phone.Token);
        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await here.DeleteAsync($"/v1/me/sessions/{AuthSteps.SessionOf(phone.Token!)}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        await Eventually.HoldsAsync(
            async () => (await there.GetAsync("/v1/me")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Eight_at_once_end_it_once()
    {
        var tenant = await host.NewTenantAsync();
        var (here, phone) = (await tenant.OwnerAsync(), await tenant.OwnerAsync());

        var answers = await Answers.ParallelAsync(
            8, _ => here.DeleteAsync($"/v1/me/sessions/{AuthSteps.SessionOf(phone.Token!)}", ifMatch: null));

        answers.Tally().ShouldBe("1 x 204, 7 x 404 not_found");
        (await tenant.DeedsAsync()).ShouldBe(["session.revoked"]);
    }

    [Fact]
    public async Task A_suspended_tenant_lets_people_out()
    {
        var tenant = await host.NewTenantAsync(configure: o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));
        var (here, phone) = (await tenant.OwnerAsync(), await tenant.OwnerAsync());

        (await here.DeleteAsync($"/v1/me/sessions/{AuthSteps.SessionOf(phone.Token!)}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
    }
}
