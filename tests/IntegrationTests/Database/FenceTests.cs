namespace CleanTenancy.IntegrationTests.Database;

/// <summary>The fence as the catalogue tells it. Every rule is shown to see what breaks it.</summary>
public sealed class FenceTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    public static TheoryData<string> Rules => [.. FenceRules.All.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task It_holds(string rule)
    {
        await using var superuser = await database.SuperuserAsync();

        (await FenceRules.OffendersAsync(superuser, rule)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task It_sees_what_breaks_it(string rule)
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await superuser.ExecuteAsync(FenceRules.All.Single(r => r.Name == rule).Break);

        (await FenceRules.OffendersAsync(superuser, rule)).ShouldNotBeEmpty();
    }

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
