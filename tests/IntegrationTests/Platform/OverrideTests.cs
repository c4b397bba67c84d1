using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>One tenant has more, or less, than its plan.</summary>
public sealed class OverrideTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Reason = "Ticket 4712: a festival in May";

    [Fact]
    public async Task A_limit_counts_from_the_next_request_and_its_removal_too()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var (organizer, operators) = (await tenant.OrganizerAsync(), await host.Api.OperatorAsync());
        await organizer.DraftEventAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");

        (await operators.PutAsync(Path(tenant, "events"), new { limit = 2, reason = Reason })).ShouldBe(HttpStatusCode.OK);

        await organizer.DraftEventAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded").Get<long>("limit").ShouldBe(2);
        (await organizer.GetAsync("/v1/usage")).Data()[0].ToJsonString().ShouldBe("""{"resource":"events","limit":2,"used":2,"remaining":0}""");
        (await operators.PutAsync(Path(tenant, "events"), new { unlimited = true, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        await organizer.DraftEventAsync();
        (await operators.DeleteAsync(Path(tenant, "events"), ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded").Get<long>("limit").ShouldBe(1);
        (await operators.DeleteAsync(Path(tenant, "events"), ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_feature_is_switched_on_and_off()
    {
        var (small, large) = (await host.NewTenantAsync(Tier.Free), await host.NewTenantAsync(Tier.Pro));
        var operators = await host.Api.OperatorAsync();

        (await operators.PutAsync(Path(small, "apiAccess"), new { enabled = true, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await operators.PutAsync(Path(large, "apiAccess"), new { enabled = false, reason = Reason })).ShouldBe(HttpStatusCode.OK);

        (await (await small.OwnerAsync()).PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBe(HttpStatusCode.Created);
        (await (await large.OwnerAsync()).PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan");
        // No plan would help: it is not the plan that lacks it.
        (await (await large.OwnerAsync()).GetAsync("/v1/features/apiAccess")).Body!["requiredPlan"].ShouldBeNull();
    }

    [Fact]
    public async Task It_is_over_at_its_instant_without_a_sweep()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var (organizer, owner) = (await tenant.OrganizerAsync(), await tenant.OwnerAsync());
        var operators = await clocked.Api.OperatorAsync();
        var until = clocked.Clock.GetUtcNow().AddSeconds(4);
        (await operators.PutAsync(Path(tenant, "events"), new { limit = 9, expiresAt = until, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await operators.PutAsync(Path(tenant, "analytics"), new { enabled = true, expiresAt = until, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        await organizer.DraftEventAsync();
        await organizer.DraftEventAsync();
        (await owner.GetAsync("/v1/features/analytics")).Get<bool>("enabled").ShouldBeTrue();

        clocked.Clock.Advance(TimeSpan.FromSeconds(4));

        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded").Get<long>("limit").ShouldBe(1);
        (await owner.GetAsync("/v1/features/analytics")).Get<bool>("enabled").ShouldBeFalse();
    }

    [Fact]
    public async Task Another_instance_hears_of_it()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync(Tier.Free);
        var elsewhere = other.Client(tenant.Host, (await tenant.OwnerAsync()).Token);
        (await elsewhere.GetAsync("/v1/features/sla")).Get<bool>("enabled").ShouldBeFalse();

        (await (await host.Api.OperatorAsync()).PutAsync(Path(tenant, "sla"), new { enabled = true, reason = Reason })).ShouldBe(HttpStatusCode.OK);

        // Well within the ten seconds that a tenant is remembered for.
        await Eventually.HoldsAsync(
            async () => (await elsewhere.GetAsync("/v1/features/sla")).Get<bool>("enabled"), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task The_tenant_reads_who_and_why_and_so_do_operators()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var operators = await host.Api.OperatorAsync();

        (await operators.PutAsync(Path(tenant, "events"), new { limit = 7, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await operators.DeleteAsync(Path(tenant, "events"), ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        var lines = (await (await tenant.OwnerAsync()).GetAsync("/v1/audit")).Data();
        var deed = lines.Single(line => line["action"]!.GetValue<string>() == "override.granted");
        deed["actor"]!["kind"]!.GetValue<string>().ShouldBe("operator");
        deed["details"]!["reason"]!.GetValue<string>().ShouldBe(Reason);
        (deed["details"]!["key"]!.GetValue<string>(), deed["details"]!["limit"]!.GetValue<long>()).ShouldBe(("events", 7));
        lines.ShouldContain(line => line["action"]!.GetValue<string>() == "override.removed");
        lines.Count(line => line["table"] != null && line["table"]!.GetValue<string>() == "tenant_overrides").ShouldBe(2);
        (await host.Api.QueryAsync<long>(
            "select count(*) from platform_audit_logs where row_id = $1 and action in ('override.granted', 'override.removed')",
            tenant.Id.Value)).ShouldBe(2);
    }

    [Fact]
    public async Task They_are_listed_as_they_are()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var operators = await host.Api.OperatorAsync();
        (await operators.PutAsync(Path(tenant, "storageBytes"), new { unlimited = true, reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await operators.PutAsync(Path(tenant, "sla"), new { enabled = true, expiresAt = "2035-01-01T00:00:00Z", reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await operators.PutAsync(Path(tenant, "sla"), new { enabled = false, expiresAt = "2036-01-01T00:00:00Z", reason = "Again" })).ShouldBe(HttpStatusCode.OK);

        var listed = (await operators.GetAsync($"/v1/platform/tenants/{tenant.Id}/overrides")).Data();

        listed.Select(one => $"{one["key"]} {one["limit"]} {one["enabled"]} {one["expiresAt"]} {one["reason"]}")
            .ShouldBe([$"storageBytes    {Reason}", "sla  false 2036-01-01T00:00:00Z Again"]);
    }

    [Theory]
    [InlineData("events", """{"reason":"x"}""", "/limit", "limit_expected")]
    [InlineData("events", """{"limit":null,"reason":"x"}""", "/limit", "limit_expected")]
    [InlineData("events", """{"limit":1,"unlimited":true,"reason":"x"}""", "/limit", "limit_expected")]
    [InlineData("events", """{"unlimited":false,"reason":"x"}""", "/limit", "limit_expected")]
    [InlineData("events", """{"limit":1,"enabled":true,"reason":"x"}""", "/limit", "limit_expected")]
    [InlineData("events", """{"limit":-1,"reason":"x"}""", "/limit", "inclusive_between")]
    [InlineData("members", """{"limit":0,"reason":"x"}""", "/limit", "inclusive_between")]
    [InlineData("requestsPerMinute", """{"limit":0,"reason":"x"}""", "/limit", "inclusive_between")]
    [InlineData("requestsPerMinute", """{"limit":3000000000,"reason":"x"}""", "/limit", "inclusive_between")]
    [InlineData("concurrentRequests", """{"limit":65,"reason":"x"}""", "/limit", "inclusive_between")]
    [InlineData("concurrentRequests", """{"unlimited":true,"reason":"x"}""", "/unlimited", "never_unlimited")]
    [InlineData("sla", """{"limit":1,"reason":"x"}""", "/enabled", "feature_expected")]
    [InlineData("sla", """{"enabled":true,"unlimited":true,"reason":"x"}""", "/enabled", "feature_expected")]
    [InlineData("sla", """{"enabled":true,"reason":""}""", "/reason", "not_empty")]
    [InlineData("sla", """{"enabled":true,"expiresAt":"2020-01-01T00:00:00Z","reason":"x"}""", "/expiresAt", "in_the_past")]
    public async Task What_does_not_fit_the_key_is_refused_and_leaves_no_trace(string key, string body, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var operators = await host.Api.OperatorAsync();
        var before = await tenant.TraceAsync();

        (await operators.PutAsync(Path(tenant, key), System.Text.Json.Nodes.JsonNode.Parse(body)!)).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.RowsAsync("tenant_overrides")).ShouldBe(0);
    }

    [Theory]
    [InlineData("storage")]
    [InlineData("Events")]
    [InlineData("none")]
    public async Task An_unknown_key_is_not_found(string key)
    {
        var tenant = await host.NewTenantAsync();
        var operators = await host.Api.OperatorAsync();

        (await operators.PutAsync(Path(tenant, key), new { limit = 1, reason = Reason })).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await operators.DeleteAsync(Path(tenant, key), ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Unknown_tenants_and_the_canaries_are_not_found()
    {
        var operators = await host.Api.OperatorAsync();

        foreach (var id in new[] { Answers.RandomId(), new Guid("00000000-0000-7000-8000-0000000ca00a") })
        {
            (await operators.GetAsync($"/v1/platform/tenants/{id}/overrides")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await operators.PutAsync($"/v1/platform/tenants/{id}/overrides/events", new { limit = 1, reason = Reason }))
                .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await operators.DeleteAsync($"/v1/platform/tenants/{id}/overrides/events", ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        }

        (await host.Api.QueryAsync<long>("select count(*) from tenant_overrides where org_id = '00000000-0000-7000-8000-0000000ca00a'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_tenants_owner_may_not()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var owner = await tenant.OwnerAsync();

        (await owner.PutAsync(Path(tenant, "events"), new { unlimited = true, reason = Reason })).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await host.Api.Platform.With(owner.Token).PutAsync(Path(tenant, "events"), new { unlimited = true, reason = Reason }))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private static string Path(TestTenant tenant, string key) => $"/v1/platform/tenants/{tenant.Id}/overrides/{key}";
}
