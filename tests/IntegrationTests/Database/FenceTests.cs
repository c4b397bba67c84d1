namespace CleanTenancy.IntegrationTests.Database;

/// <summary>The role of the API underneath it: its time limits, and that it cannot switch off what binds it.</summary>
public sealed class FenceTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    [Fact]
    public async Task A_connection_of_the_API_has_time_limits()
    {
        await using var app = await database.OpenAsync(database.App);

        (await app.ScalarAsync<string>(
            """
            select concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
              current_setting('idle_in_transaction_session_timeout'))
            """)).ShouldBe("15s 5s 15s");
    }

    [Fact]
    public async Task The_API_cannot_switch_its_role_or_the_fence_off()
    {
        await using var app = await database.OpenAsync(database.App);

        foreach (var sql in new[]
        {
            "set role cleantenancy_owner", "set role audit_role", "set session authorization postgres",
            "alter table events disable row level security", "drop policy tenant_isolation_policy on events",
            "create table mine ()", "create temporary table mine ()", "create schema mine",
        })
            (await Sql.RefusalAsync(() => app.ExecuteAsync(sql))).State.ShouldBe("42501", sql);
        // Not refused, but of no use: with it off, a policy that would hide rows is an error instead.
        await app.ExecuteAsync("set row_security = off");
        (await Sql.RefusalAsync(() => app.ScalarAsync<long>("select count(*) from events"))).State.ShouldBe("42501");
    }
}
