using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.ApiKeys;

/// <summary>A program signs in with a key wherever a person signs in with a token.</summary>
public sealed class ApiKeyUseTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Keys = "/v1/api-keys";

    [Fact]
    public async Task A_key_may_what_it_was_given_and_nothing_else()
    {
        var tenant = await host.NewTenantAsync();
        var key = await KeyAsync(tenant, "events:read", "events:write");

        var made = (await key.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
        (await key.GetAsync($"/v1/events/{made.Id}")).ShouldBe(HttpStatusCode.OK);
        (await key.GetAsync($"/v1/events/{made.Id}/registrations")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        (await host.Api.QueryAsync<string>(
            "select string_agg(distinct concat_ws('/', actor_kind, (actor_id = $2)::text), ',') from audit_logs where org_id = $1 and request_id = $3",
            tenant.Id.Value, await IdAsync(tenant), made.Headers.GetValues("X-Request-Id").Single())).ShouldBe("api_key/true");
        (await tenant.DenialsAsync()).ShouldBe(["access.denied ListRegistrations permission_denied"]);
        (await host.Api.QueryAsync<string>(
            "select actor_kind from audit_logs where org_id = $1 and action = 'access.denied'", tenant.Id.Value)).ShouldBe("api_key");
    }

    [Fact]
    public async Task The_log_names_the_key()
    {
        var tenant = await host.NewTenantAsync();
        await (await KeyAsync(tenant, "events:write")).DraftEventAsync();

        var entry = (await (await tenant.OwnerAsync()).GetAsync("/v1/audit?action=event.created")).Data().ShouldHaveSingleItem();

        entry["actor"]!.ToJsonString().ShouldBe($$"""{"kind":"api_key","id":"{{await IdAsync(tenant)}}","name":"events:write"}""");
    }

    [Fact]
    public async Task What_is_about_a_person_refuses_keys()
    {
        var tenant = await host.NewTenantAsync();
        var key = await KeyAsync(tenant, [.. Permissions.Catalogue]);
        var before = await tenant.TraceAsync();

        foreach (var answer in new[]
        {
            await key.GetAsync("/v1/me"), await key.PostAsync("/v1/auth/logout"), await key.GetAsync("/v1/me/sessions"),
            await key.DeleteAsync($"/v1/me/sessions/{Answers.RandomId()}", ifMatch: null), await key.GetAsync(Keys),
            await key.PostAsync(Keys, Sample.ApiKey()), await key.DeleteAsync($"{Keys}/{await IdAsync(tenant)}", ifMatch: null),
        })
            answer.ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Revoked_it_is_refused_at_once_here_and_soon_elsewhere()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var key = await KeyAsync(tenant, "events:read");
        var there = other.Client(tenant.Host, key.Token);
        (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        (await there.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        var (owner, id) = (await tenant.OwnerAsync(), await IdAsync(tenant));

        (await owner.DeleteAsync($"{Keys}/{id}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        (await key.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        await Eventually.HoldsAsync(
            async () => (await there.GetAsync("/v1/events")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(1));
        (await owner.DeleteAsync($"{Keys}/{id}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await owner.GetAsync(Keys)).Data().ShouldBeEmpty();
        (await tenant.DeedsAsync()).ShouldBe(["api_key.created", "api_key.revoked"]);
    }

    [Fact]
    public async Task Another_tenant_does_not_know_it()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var key = await KeyAsync(tenant, "events:read");
        var unknown = await other.Anonymous.With("ct_000000000000_" + new string('A', 43)).GetAsync("/v1/events");

        var foreign = await other.Anonymous.With(key.Token).GetAsync("/v1/events");

        foreign.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated").Indistinct().ShouldBe(unknown.Indistinct());
        (await host.Api.Platform.With(key.Token).GetAsync("/v1/platform/isolation"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task It_ends_by_the_clock_to_the_second()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var made = await owner.PostAsync(
            Keys, new { name = "Short", permissions = new[] { "events:read" }, expiresAt = clocked.Clock.GetUtcNow().AddSeconds(20) });
        var key = tenant.Anonymous.With(made.ShouldBe(HttpStatusCode.Created).Get<string>("secret"));
        (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);

        clocked.Clock.Advance(TimeSpan.FromSeconds(19));
        (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        clocked.Clock.Advance(TimeSpan.FromSeconds(1));
        (await key.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await owner.GetAsync(Keys)).Data().Count.ShouldBe(1);
    }

    [Fact]
    public async Task It_may_no_more_than_its_maker_may_now()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var admin = await tenant.AsAsync(BuiltInRoles.Admin);
        var key = await KeyAsync(tenant, admin, "events:read", "events:write");
        (await key.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        await clocked.Api.ExecuteAsync(
            "update user_roles set role_id = (select id from roles where org_id = $1 and name = 'viewer') where org_id = $1 and user_id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Admin).Id.Value);
        clocked.Clock.Advance(TimeSpan.FromSeconds(30));
        (await key.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);

        await clocked.Api.ExecuteAsync(
            "update users set status = 'suspended' where org_id = $1 and id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Admin).Id.Value);
        clocked.Clock.Advance(TimeSpan.FromSeconds(30));
        (await key.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task It_stops_with_the_plan()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var key = await KeyAsync(tenant, "events:read");
        (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);

        await clocked.Api.ExecuteAsync("update organizations set tier = 'starter' where id = $1", tenant.Id.Value);
        clocked.Clock.Advance(TimeSpan.FromSeconds(10));

        (await key.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan")
            .Get<string>("feature").ShouldBe("apiAccess");
    }

    [Theory]
    [InlineData(SuspensionReason.Billing)]
    [InlineData(SuspensionReason.Operator)]
    public async Task It_stops_with_the_tenant_where_people_still_read(SuspensionReason reason)
    {
        var tenant = await host.NewTenantAsync();
        var (key, owner) = (await KeyAsync(tenant, "events:read"), await tenant.OwnerAsync());

        await host.Api.Seeder.ChangeAsync(
            tenant.Id, o => o.Suspend(reason, o.CreatedAt), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            async () => (await owner.PostAsync("/v1/events", Sample.Event())).Code == "tenant_suspended", TimeSpan.FromSeconds(2));

        (await key.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended")
            .Get<string>("reason").ShouldBe(reason.ToString().ToLowerInvariant());
    }

    [Fact]
    public async Task A_trial_may_use_them()
    {
        var tenant = await host.NewTenantAsync(configure: o => o.Try(o.CreatedAt.AddDays(14), o.CreatedAt));

        (await (await KeyAsync(tenant, "events:read")).GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Its_last_use_is_written_to_the_minute_and_once_in_a_minute()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (owner, key) = (await tenant.OwnerAsync(), await KeyAsync(tenant, "events:read"));
        var before = await clocked.Api.QueryAsync<long>("select count(*) from audit_logs where org_id = $1", tenant.Id.Value);

        foreach (var minutes in new[] { 0, 1 })
        {
            clocked.Clock.Advance(TimeSpan.FromMinutes(minutes));
            var minute = clocked.Clock.GetUtcNow().UtcDateTime;
            minute = new DateTime(minute.Ticks - (minute.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc);
            for (var n = 0; n < 5; n++) (await key.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
            await Eventually.HoldsAsync(
                async () => (await owner.GetAsync(Keys)).Data()[0]["lastUsedAt"]?.GetValue<DateTime>() == minute,
                TimeSpan.FromSeconds(2));
        }

        (await clocked.Api.QueryAsync<long>("select count(*) from audit_logs where org_id = $1", tenant.Id.Value)).ShouldBe(before);
    }

    [Fact]
    public async Task Its_idempotency_keys_are_its_own()
    {
        var tenant = await host.NewTenantAsync();
        var (key, owner) = (await KeyAsync(tenant, "events:write"), await tenant.OwnerAsync());

        var first = await key.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one"));
        var again = await key.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one"));
        var owners = await owner.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one"));

        (again.Id, again.IsReplayed()).ShouldBe((first.Id, true));
        owners.Id.ShouldNotBe(first.Id);
    }

    private static Task<ApiClient> KeyAsync(TestTenant tenant, params string[] permissions) =>
        KeyAsync(tenant, by: null, permissions);

    private static async Task<ApiClient> KeyAsync(TestTenant tenant, ApiClient? by, params string[] permissions)
    {
        by ??= await tenant.OwnerAsync();
        var name = permissions[0];
        var made = (await by.PostAsync(Keys, new { name, permissions })).ShouldBe(HttpStatusCode.Created);
        return tenant.Anonymous.With(made.Get<string>("secret"));
    }

    private Task<Guid> IdAsync(TestTenant tenant) =>
        host.Api.QueryAsync<Guid>("select id from api_keys where org_id = $1", tenant.Id.Value);
}
