using System.Net;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Health;

/// <summary>A fence that does not hold takes the instance out of service, and does not let one start.</summary>
public sealed class ReadinessTests(TestHost host, ReadinessTests.OwnApi own) : IClassFixture<ReadinessTests.OwnApi>
{
    /// <summary>A database that this class breaks and mends, one test after the other.</summary>
    public sealed class OwnApi(TestHost host) : IAsyncLifetime
    {
        public TestApi Api { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());

        public ValueTask DisposeAsync() => Api.DisposeAsync();
    }

    [Fact]
    public async Task Live_and_ready_answer_on_every_host_that_answers()
    {
        var tenant = await host.NewTenantAsync();

        foreach (var client in new[] { host.Api.Platform, tenant.Anonymous })
        {
            (await client.GetAsync("/health/live")).ShouldBe(HttpStatusCode.OK).Text.ShouldBe("live");
            (await client.GetAsync("/health/ready")).ShouldBe(HttpStatusCode.OK).Text.ShouldBe("""{"status":"ready","problems":[]}""");
        }
    }

    [Theory]
    [InlineData(
        "alter table events disable row level security", "alter table events enable row level security",
        "A2: Row-Level Security is enabled and forced")]
    [InlineData(
        "alter table events no force row level security", "alter table events force row level security",
        "A2: Row-Level Security is enabled and forced")]
    [InlineData(
        "alter policy tenant_isolation_policy on registrations rename to mine", "alter policy mine on registrations rename to tenant_isolation_policy",
        "A3: Exactly one policy applies to application_role, for all commands")]
    [InlineData(
        "create policy everybody on users for select to application_role using (true)", "drop policy everybody on users",
        "A3: Exactly one policy applies to application_role, for all commands")]
    [InlineData(
        "create policy everybody on sessions for select to public using (true)", "drop policy everybody on sessions",
        "A3: Exactly one policy applies to application_role, for all commands")]
    [InlineData(
        "alter policy tenant_isolation_policy on programs using (true)",
        "alter policy tenant_isolation_policy on programs using (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid)",
        "A4: The policy has the canonical text, for what is read and for what is written")]
    [InlineData("create table leftovers (org_id uuid)", "drop table leftovers", "A2: Every table is listed, as a tenant's or as shared with its reason")]
    [InlineData(
        "alter table plans owner to application_role",
        "alter table plans owner to cleantenancy_owner; grant select on plans to application_role",
        "A1: The role of this connection is bound by Row-Level Security")]
    [InlineData(
        "delete from fence_probes where id = '00000000-0000-7000-8000-0000000000a1'",
        "insert into fence_probes values ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000a1')",
        "A6: A bound read sees its own row, and an unbound one nothing")]
    [InlineData(
        "create or replace function set_tenant_context(p_org uuid, p_user uuid, p_ip text) returns text language sql as 'select ''''::text'",
        """
        create or replace function set_tenant_context(p_org uuid, p_user uuid, p_ip text) returns text language sql as $$
          select set_config('app.current_org_id', p_org::text, true) || set_config('app.current_user_id', coalesce(p_user::text, ''), true)
              || set_config('app.client_ip', coalesce(p_ip, ''), true) $$
        """,
        "A6: A bound read sees its own row, and an unbound one nothing")]
    public async Task A_hole_in_the_fence_is_named_until_it_is_mended(string breaking, string mending, string problem)
    {
        (await ReadyAsync()).ShouldBeEmpty();

        await own.Api.ExecuteAsync(breaking);
        try
        {
            (await ReadyAsync()).ShouldContain(problem);
            (await own.Api.Platform.GetAsync("/health/live")).ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await own.Api.ExecuteAsync(mending);
        }

        (await ReadyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_migration_that_has_not_run_is_named()
    {
        var missing = await own.Api.QueryAsync<string>("select min(migration_id)::text from \"__EFMigrationsHistory\"");
        await own.Api.ExecuteAsync("update \"__EFMigrationsHistory\" set migration_id = 'x' where migration_id = $1", missing);
        try
        {
            (await ReadyAsync()).ShouldBe(["migrations"]);
        }
        finally
        {
            await own.Api.ExecuteAsync("update \"__EFMigrationsHistory\" set migration_id = $1 where migration_id = 'x'", missing);
        }
    }

    /// <summary>Else every deployment that adds a table would take the instances before it out of service.</summary>
    [Fact]
    public async Task A_newer_releases_migration_is_no_hole_and_a_hole_in_it_is_one()
    {
        await own.Api.ExecuteAsync(
            """
            insert into "__EFMigrationsHistory" values ('29990101000000_Later', '10.0');
            create table later (id uuid primary key);
            alter table later owner to cleantenancy_owner
            """);
        try
        {
            (await ReadyAsync()).ShouldBeEmpty();
            await own.Api.ExecuteAsync("alter table events disable row level security");
            (await ReadyAsync()).ShouldBe(["A2: Row-Level Security is enabled and forced"]);
        }
        finally
        {
            await own.Api.ExecuteAsync(
                """
                alter table events enable row level security;
                drop table later;
                delete from "__EFMigrationsHistory" where migration_id like '2999%'
                """);
        }
    }

    [Theory]
    [InlineData("superuser", "is a superuser")]
    [InlineData("cleantenancy_migrator", "bypasses Row-Level Security")]
    public async Task It_does_not_start_as_a_role_that_is_not_bound_by_the_fence(string role, string why)
    {
        var connection = role == "superuser"
            ? host.Postgres.Superuser(host.Api.Database)
            : host.Postgres.ConnectionString(host.Api.Database, role);

        await ShouldNotStartAsync(host.Api.Database, connection, why);
    }

    [Fact]
    public async Task It_does_not_start_as_an_owner_of_tables_or_inside_a_broken_fence()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        await using (var api = await host.StartApiAsync(database))
            await api.ExecuteAsync("alter table plans owner to application_role; alter table events disable row level security");

        var said = await ShouldNotStartAsync(
            database, host.Postgres.ConnectionString(database, "application_role"), "application_role: owns tables");
        said.ShouldContain("events: is not enabled");
    }

    [Fact]
    public async Task It_does_not_start_without_a_connection_string()
    {
        var (code, said) = await StartAsync([]);

        code.ShouldNotBe(0);
        said.ShouldContain("ConnectionStrings__App is not set");
    }

    private async Task<string> ShouldNotStartAsync(string database, string connection, string why)
    {
        var (code, said) = await StartAsync(new()
        {
            ["ConnectionStrings__App"] = connection,
            ["ConnectionStrings__Platform"] = host.Postgres.ConnectionString(database, "platform_role"),
        });

        code.ShouldBe(1, said);
        said.ShouldContain(why);
        said.ShouldNotContain("Now listening");
        return said;
    }

    private static Task<(int ExitCode, string Output)> StartAsync(Dictionary<string, string> settings) =>
        ApiProcess.RunAsync(settings, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private async Task<string[]> ReadyAsync()
    {
        var answer = await own.Api.Platform.GetAsync("/health/ready");
        var problems = answer.Body!["problems"]!.AsArray().Select(problem => problem!.GetValue<string>()).ToArray();
        (answer.Status, answer.Get<string>("status")).ShouldBe(
            problems.Length == 0 ? (HttpStatusCode.OK, "ready") : (HttpStatusCode.ServiceUnavailable, "unready"));
        return problems;
    }
}
