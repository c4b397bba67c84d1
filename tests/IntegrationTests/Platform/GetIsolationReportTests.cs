using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>The isolation report over HTTP, and the synthetic tenants behind it, on a database that is broken and mended.</summary>
public sealed class GetIsolationReportTests(TestHost host, GetIsolationReportTests.OwnApi own)
    : IClassFixture<GetIsolationReportTests.OwnApi>
{
    public sealed class OwnApi(TestHost host) : IAsyncLifetime
    {
        public TestApi Api { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());

        public ValueTask DisposeAsync() => Api.DisposeAsync();
    }

    [Fact]
    public async Task It_names_every_rule_with_what_it_looked_at()
    {
        var report = await (await host.Api.OperatorAsync()).GetAsync("/v1/platform/isolation");

        report.ShouldBe(HttpStatusCode.OK).Get<bool>("holds").ShouldBeTrue(report.Text);
        var rules = report.Body!["rules"]!.AsArray();
        rules.Count.ShouldBeGreaterThan(35);
        rules.ShouldAllBe(rule => rule!["holds"]!.GetValue<bool>() && rule["examined"]!.AsArray().Count > 0);
        rules.Select(rule => rule!["control"]!.GetValue<string>()).Distinct().Count().ShouldBe(21);
    }

    [Fact]
    public async Task The_canaries_find_nothing_in_a_fence_that_stands()
    {
        using var block = Tally.Start("Canaries, crossings");

        var found = await own.Api.SweepAsync(new ProbeIsolation());

        block.Count("probe", found.Crossings);
        found.Broken.ShouldBeEmpty();
        (found.Holds, found.Tables).ShouldBe((true, FenceManifest.TenantTables.Count));
        found.Crossings.ShouldBe((found.Tables * 2 * 7) + found.Tables);
        var report = await (await own.Api.OperatorAsync()).GetAsync("/v1/platform/isolation");
        report.Body!["canaries"]!["crossings"]!.GetValue<int>().ShouldBe(found.Crossings);
    }

    [Theory]
    [InlineData(
        "alter policy tenant_isolation_policy on registrations using (true)",
        "alter policy tenant_isolation_policy on registrations using (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid)",
        "registrations: select count(*)")]
    [InlineData(
        "alter policy tenant_isolation_policy on events with check (true)",
        "alter policy tenant_isolation_policy on events with check (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid)",
        "events: insert into events")]
    [InlineData(
        "create policy mine on users for update to application_role using (true) with check (true)", "drop policy mine on users",
        "users: update users set org_id =")]
    [InlineData(
        "create policy mine on roles for all to application_role using (true)", "drop policy mine on roles",
        "roles: delete from roles")]
    [InlineData(
        "alter table usage_counters disable row level security", "alter table usage_counters enable row level security",
        "usage_counters: rows are seen though nobody is bound")]
    [InlineData(
        "update sessions set org_id = org_id; create table stray (org_id uuid); grant select on stray to application_role", "drop table stray",
        "stray: a canary is missing")]
    public async Task The_canaries_find_a_hole_and_take_the_instance_out_of_service(string breaking, string mending, string found)
    {
        using var block = Tally.Start("Canaries, holes seen");
        block.Count(found);
        await own.Api.ExecuteAsync(breaking);
        try
        {
            (await own.Api.SweepAsync(new ProbeIsolation())).Broken
                .ShouldContain(line => line.StartsWith(found, StringComparison.Ordinal));
        }
        finally
        {
            await own.Api.ExecuteAsync(mending);
        }

        var ready = await own.Api.Platform.GetAsync("/health/ready");
        ready.ShouldBe(HttpStatusCode.ServiceUnavailable).Text.ShouldBe("""{"status":"unready","problems":["canaries"]}""");
        var report = await (await own.Api.OperatorAsync()).GetAsync("/v1/platform/isolation");
        (report.Get<bool>("holds"), report.Body!["canaries"]!["holds"]!.GetValue<bool>()).ShouldBe((false, false));

        (await own.Api.SweepAsync(new ProbeIsolation())).Broken.ShouldBeEmpty();
        (await own.Api.Platform.GetAsync("/health/ready")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_reaches_a_canary_and_its_marker_is_no_guess()
    {
        foreach (var name in new[] { "canary-a", "canary-b" })
            (await host.Api.Client($"{name}.localhost").GetAsync("/v1/me"))
                .ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");

        var markers = await host.Api.QueryAsync<string[]>("select array_agg(name::text) from organizations where slug like 'canary-_'");
        markers.Length.ShouldBe(2);
        markers.ShouldAllBe(marker => marker.Length == "canary-".Length + 16);
        markers.ShouldBeUnique();
    }
}
