using CleanTenancy.Application.Common;
using CleanTenancy.IntegrationTests.Battery;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// A plan is kept for all tenants: what it compares org_id with must be asked anew each time. An IMMUTABLE function
/// in a policy gave one tenant another's rows (controls A5).
/// </summary>
public sealed class PreparedStatementTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const int Times = 1000;

    [Theory]
    [InlineData("auto")]
    [InlineData("force_generic_plan")]
    [InlineData("force_custom_plan")]
    public async Task Each_tenant_sees_its_own_through_one_prepared_statement(string planCacheMode)
    {
        using var block = Tally.Start("SQL, prepared statements");
        await using var app = await database.OpenAsync(database.App);

        var leaks = await AlternateAsync(app, "events", planCacheMode);

        leaks.ShouldBe(0);
        (await app.ScalarAsync<long>(
            $"select {(planCacheMode == "force_custom_plan" ? "custom" : "generic")}_plans from pg_prepared_statements "
            + "where statement like '%events%'"))
            .ShouldBeGreaterThan(Times / 2, "this plan was not tried");
        block.Count("events", Times);
    }

    [Fact]
    public async Task Each_tenant_sees_its_own_through_EF_on_one_connection()
    {
        using var block = Tally.Start("SQL, prepared statements");
        await using var source = database.AppSource();
        for (var n = 0; n < Times; n++)
        {
            var (tenant, events) = n % 2 == 0
                ? (OwnDatabase.A, OwnDatabase.EventsOfA) : (OwnDatabase.B, OwnDatabase.EventsOfB);
            await using var db = OwnDatabase.Context(source, tenant);
            (await db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).Select(e => e.OrgId.Value)
                .ToListAsync(TestContext.Current.CancellationToken)).ShouldBe(Enumerable.Repeat(tenant, events));
        }

        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        (await connection.ListAsync<string>("select statement from pg_prepared_statements"))
            .ShouldContain(statement => statement.Contains("FROM events", StringComparison.Ordinal));
        block.Count("events", Times);
    }

    /// <summary>The same test, of a policy as it must not be.</summary>
    [Fact]
    public async Task A_policy_that_a_plan_may_fold_is_seen()
    {
        await using var superuser = await database.SuperuserAsync();
        await superuser.ExecuteAsync(
            $$"""
            create table folded (org_id uuid not null);
            insert into folded values ('{{OwnDatabase.A}}'), ('{{OwnDatabase.B}}');
            create function folded_tenant() returns uuid language sql immutable
              as 'select nullif(current_setting(''app.current_org_id'', true), '''')::uuid';
            grant select on folded to application_role;
            grant execute on function folded_tenant() to application_role;
            alter table folded enable row level security;
            create policy folded_policy on folded to application_role using (org_id = folded_tenant())
            """);
        await using var app = await database.OpenAsync(database.App);

        (await AlternateAsync(app, "folded", "force_generic_plan")).ShouldBePositive();
    }

    /// <returns>How often a row of another tenant than the bound one was read.</returns>
    private static async Task<int> AlternateAsync(NpgsqlConnection app, string table, string planCacheMode)
    {
        await app.ExecuteAsync($"set plan_cache_mode = {planCacheMode}");
        await using var select = new NpgsqlCommand($"select org_id from {table} where org_id is distinct from $1", app)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = Guid.Empty } },
        };
        await select.PrepareAsync(TestContext.Current.CancellationToken);
        var leaks = 0;
        for (var n = 0; n < Times; n++)
        {
            var tenant = n % 2 == 0 ? OwnDatabase.A : OwnDatabase.B;
            await using var transaction = await app.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await app.ExecuteAsync("select set_tenant_context($1, null, null)", tenant);
            await using var reader = await select.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            var rows = 0;
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                rows++;
                if (reader.GetGuid(0) != tenant) leaks++;
            }

            if (rows == 0) leaks++; // its own are there
        }

        return leaks;
    }
}
