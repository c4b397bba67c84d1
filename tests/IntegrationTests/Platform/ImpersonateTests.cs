using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>An operator acts as a member: with a reason, for a while, and for everybody to see.</summary>
public sealed class ImpersonateTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Reason = "Ticket 4711: the order list stays empty";

    [Fact]
    public async Task The_operator_acts_as_the_member_and_the_token_says_who_acts()
    {
        var tenant = await host.NewTenantAsync();
        var operatorClient = await host.Api.OperatorAsync();
        var operatorId = AuthSteps.Part(operatorClient.Token!, 1)["sub"]!.GetValue<string>();

        var started = (await ActAsync(operatorClient, tenant, BuiltInRoles.Organizer, minutes: 45)).ShouldBe(HttpStatusCode.OK);

        (started.Get<string>("tokenType"), started.Get<int>("expiresIn"), started.Get<string>("slug")).ShouldBe(("Bearer", 2700, tenant.Slug));
        started.Body!.AsObject().ContainsKey("refreshToken").ShouldBeFalse();
        var claims = AuthSteps.Part(started.AccessToken(), 1);
        claims["act"]!.ToJsonString().ShouldBe($$"""{"sub":"{{operatorId}}"}""");
        (claims["aud"]!.GetValue<string>(), claims["sub"]!.GetValue<string>())
            .ShouldBe((tenant.Id.ToString(), tenant.User(BuiltInRoles.Organizer).Id.ToString()));
        (claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()).ShouldBe(2700);
        var acting = tenant.Anonymous.With(started.AccessToken());
        (await acting.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK).Id.ShouldBe(tenant.User(BuiltInRoles.Organizer).Id.Value);
        (await acting.GetAsync("/v1/audit")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await host.Api.Platform.With(started.AccessToken()).GetAsync("/v1/platform/isolation"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task The_tenant_reads_who_why_and_what()
    {
        var tenant = await host.NewTenantAsync();
        var operatorClient = await host.Api.OperatorAsync();
        var operatorId = AuthSteps.Part(operatorClient.Token!, 1)["sub"]!.GetValue<string>();
        var member = tenant.User(BuiltInRoles.Organizer).Id.ToString();
        var started = await ActAsync(operatorClient, tenant, BuiltInRoles.Organizer, minutes: 45);
        var acting = tenant.Anonymous.With(started.AccessToken());
        var made = (await acting.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        var owner = await tenant.OwnerAsync();
        var begun = (await owner.GetAsync("/v1/audit?action=impersonation.started")).Data().ShouldHaveSingleItem();

        begun["actor"]!.ToJsonString().ShouldBe($$"""{"kind":"operator","id":"{{operatorId}}","name":null}""");
        begun["onBehalfOf"]!.GetValue<string>().ShouldBe(member);
        begun["rowId"]!.GetValue<Guid>().ShouldBe(AuthSteps.SessionOf(started.AccessToken()));
        begun["details"]!["reason"]!.GetValue<string>().ShouldBe(Reason);
        (begun["details"]!["operator"]!.GetValue<string>(), begun["details"]!["minutes"]!.GetValue<double>()).ShouldBe(("Operator", 45));
        // Rows and deeds of what was done, without exception.
        (await host.Api.QueryAsync<string>(
            """
            select string_agg(distinct concat_ws(' ', actor_kind, actor_id, on_behalf_of), ',') from audit_logs
            where org_id = $1 and request_id = $2
            """,
            tenant.Id.Value, made.Headers.GetValues("X-Request-Id").Single())).ShouldBe($"operator {operatorId} {member}");
        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', action, actor_kind, details ->> 'reason', details ->> 'org') from platform_audit_logs where row_id = $1",
            AuthSteps.SessionOf(started.AccessToken()))).ShouldBe($"impersonation.started operator {Reason} {tenant.Id}");
        (await operatorClient.GetAsync($"/v1/platform/audit?tenant={tenant.Id}")).Data().ShouldHaveSingleItem()
            ["action"]!.GetValue<string>().ShouldBe("impersonation.started", "what was begun in a tenant is about it");
        var sessions = await (await tenant.AsAsync(BuiltInRoles.Organizer)).GetAsync("/v1/me/sessions");
        sessions.Data().Single(s => s["impersonated"]!.GetValue<bool>())["id"]!.GetValue<Guid>()
            .ShouldBe(AuthSteps.SessionOf(started.AccessToken()));
    }

    [Fact]
    public async Task What_is_denied_to_the_operator_names_the_operator()
    {
        var tenant = await host.NewTenantAsync();
        var acting = await ActingAsync(tenant, BuiltInRoles.Viewer);

        (await acting.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', actor_kind, on_behalf_of) from audit_logs where org_id = $1 and action = 'access.denied'",
            tenant.Id.Value)).ShouldBe($"operator {tenant.User(BuiltInRoles.Viewer).Id}");
    }

    [Fact]
    public async Task What_needs_the_person_again_is_refused()
    {
        var tenant = await host.NewTenantAsync();
        var acting = await ActingAsync(tenant, BuiltInRoles.SuperAdmin);

        (await acting.PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");
        (await acting.GetAsync("/v1/api-keys")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_ends_by_the_clock_by_signing_out_and_by_the_member()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var operatorClient = await clocked.Api.OperatorAsync();
        var late = tenant.Anonymous.With((await ActAsync(operatorClient, tenant, BuiltInRoles.Viewer, minutes: 1)).AccessToken());
        var left = tenant.Anonymous.With((await ActAsync(operatorClient, tenant, BuiltInRoles.Viewer, minutes: 60)).AccessToken());
        var stopped = await ActAsync(operatorClient, tenant, BuiltInRoles.Viewer, minutes: 60);
        (await late.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await left.PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);
        (await left.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await (await tenant.AsAsync(BuiltInRoles.Viewer))
            .DeleteAsync($"/v1/me/sessions/{AuthSteps.SessionOf(stopped.AccessToken())}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
        (await tenant.Anonymous.With(stopped.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        clocked.Clock.Advance(TimeSpan.FromSeconds(90));
        (await late.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("00000000-0000-7000-8000-0000000ca00a", "00000000-0000-7000-8000-0000000caa01")]
    [InlineData("00000000-0000-7000-8000-0000000ca00b", "00000000-0000-7000-8000-0000000cab01")]
    [InlineData("0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f", "0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f")]
    public async Task Nobody_acts_as_a_canary_or_in_a_tenant_that_is_none(string tenant, string user)
    {
        var operatorClient = await host.Api.OperatorAsync();
        await host.Api.ExecuteAsync("update users set status = 'suspended' where id = $1", Guid.Parse(user));

        (await operatorClient.PostAsync(
            $"/v1/platform/tenants/{tenant}/impersonate", new { userId = user, reason = Reason, minutes = 5 }))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_purged_tenant_another_tenants_member_and_one_who_may_not_sign_in_are_unknown()
    {
        var (tenant, other, purged) = (await host.NewTenantAsync(), await host.NewTenantAsync(), await host.NewTenantAsync());
        var operatorClient = await host.Api.OperatorAsync();
        await host.Api.ExecuteAsync("update organizations set state = 'purged' where id = $1", purged.Id.Value);
        await host.Api.ExecuteAsync(
            "update users set status = 'suspended' where org_id = $1 and id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Staff).Id.Value);
        var before = (await tenant.TraceAsync(), await other.TraceAsync(), await purged.TraceAsync());

        (await ActAsync(operatorClient, purged, BuiltInRoles.SuperAdmin)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await ActAsync(operatorClient, tenant, BuiltInRoles.Staff)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await operatorClient.PostAsync(
            $"/v1/platform/tenants/{tenant.Id}/impersonate",
            new { userId = other.User(BuiltInRoles.SuperAdmin).Id, reason = Reason, minutes = 5 }))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");

        (await tenant.TraceAsync(), await other.TraceAsync(), await purged.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"","minutes":5}""")]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","minutes":5}""")]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"why","minutes":0}""")]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"why","minutes":61}""")]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"why"}""")]
    [InlineData("""{"reason":"why","minutes":5}""")]
    [InlineData("""{"userId":"somebody","reason":"why","minutes":5}""")]
    [InlineData("""{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"why","minutes":5,"permissions":["*"]}""")]
    public async Task What_does_not_fit_is_refused_and_leaves_no_trace(string body)
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();

        (await (await host.Api.OperatorAsync()).PostTextAsync($"/v1/platform/tenants/{tenant.Id}/impersonate", body))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Only_operators_may()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        foreach (var token in new[] { null, owner.Token })
            (await ActAsync(host.Api.Platform.With(token), tenant, BuiltInRoles.Viewer))
                .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await ActAsync(owner, tenant, BuiltInRoles.Viewer)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_suspended_tenant_is_helped_too()
    {
        var tenant = await host.NewTenantAsync(configure: o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));

        (await (await ActingAsync(tenant, BuiltInRoles.Viewer)).GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    private async Task<ApiClient> ActingAsync(TestTenant tenant, string role) => tenant.Anonymous.With(
        (await ActAsync(await host.Api.OperatorAsync(), tenant, role)).ShouldBe(HttpStatusCode.OK).AccessToken());

    private static Task<Answer> ActAsync(ApiClient client, TestTenant tenant, string role, int minutes = 30) => client.PostAsync(
        $"/v1/platform/tenants/{tenant.Id}/impersonate", new { userId = tenant.User(role).Id, reason = Reason, minutes });
}
