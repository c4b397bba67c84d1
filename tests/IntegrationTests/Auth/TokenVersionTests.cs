using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>An instance that heard no signal looks again when a token says that its issuer knew more.</summary>
public sealed class TokenVersionTests(TestHost host)
{
    [Fact]
    public async Task A_token_says_session_and_versions()
    {
        var tenant = await host.NewTenantAsync();

        var token = new JsonWebToken((await tenant.SignedInAsync(BuiltInRoles.Viewer)).AccessToken());

        token.GetPayloadValue<string>("sid").Length.ShouldBe(36);
        (token.GetPayloadValue<long>("sv"), token.GetPayloadValue<long>("ov")).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_newer_token_of_the_same_session_brings_the_persons_permissions_of_now()
    {
        var tenant = await host.NewTenantAsync();
        var pair = await tenant.SignedInAsync(BuiltInRoles.Staff);
        var staff = tenant.Anonymous.With(pair.AccessToken());
        (await staff.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        // As another instance would, and nobody says so.
        await host.Api.ExecuteAsync(
            "update user_roles set role_id = (select id from roles where org_id = $1 and name = 'organizer') where org_id = $1 and user_id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Staff).Id.Value);
        await host.Api.ExecuteAsync("update users set version = version + 1 where org_id = $1", tenant.Id.Value);
        (await staff.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        var newer = (await tenant.Anonymous.RefreshAsync(pair.RefreshToken())).AccessToken();

        (await staff.With(newer).PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_token_that_knows_a_newer_tenant_brings_the_tenant_of_now()
    {
        var tenant = await host.NewTenantAsync();
        var client = await tenant.OwnerAsync();
        (await client.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        await host.Api.ExecuteAsync(
            "update organizations set state = 'suspended', suspension_reason = 'billing', version = version + 1 where id = $1",
            tenant.Id.Value);
        (await client.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created); // remembered for ten seconds

        await using var knowing = await host.StartApiAsync(host.Api.Database);
        var newer = (await knowing.Client(tenant.Host).SignInAsync(tenant.Email(BuiltInRoles.SuperAdmin), TestHost.Password)).AccessToken();

        (await client.With(newer).PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
    }
}
