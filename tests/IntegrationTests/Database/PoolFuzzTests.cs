using System.Globalization;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// No Reset On Close is on, so a setting that outlived its transaction would be the next reader's. The second test
/// shows that the oracle would see it.
/// </summary>
public sealed class PoolFuzzTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const int Pool = 8;

    private static readonly int Operations = int.Parse(
        Environment.GetEnvironmentVariable("POOL_FUZZ_OPERATIONS") ?? "6000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_row_of_another_tenant_is_ever_read()
    {
        using var block = Tally.Start("SQL, pool fuzz");
        await using var superuser = await database.SuperuserAsync();
        await PoolFuzz.SeedAsync(superuser);
        await using var source = database.AppSource(Pool);
        var fuzz = new PoolFuzz(source, Killer(superuser), Operations);

        await fuzz.RunAsync();

        block.Count("events", fuzz.Oracle.Checks);
        await CleanAsync(source, superuser);
        fuzz.Oracle.ShouldBeClean();
        block.Cases.ShouldBeGreaterThan(Operations);
        (await superuser.ScalarAsync<long>("select count(*) from events where title in ('abandoned', 'x')"))
            .ShouldBe(0);
        (await superuser.ScalarAsync<long>("select count(*) from events where title = 'saved for ' || org_id"))
            .ShouldBePositive("nothing was ever saved");
        (await superuser.ScalarAsync<long>(
            "select count(*) from events where title like 'saved for %' and title <> 'saved for ' || org_id"))
            .ShouldBe(0);
    }

    /// <summary>The same fuzz, of sessions that are bound instead of transactions.</summary>
    [Fact]
    public async Task A_binding_of_the_session_is_seen_leaking()
    {
        var leaking = new OwnDatabase(host);
        await leaking.InitializeAsync();
        await using var superuser = await leaking.SuperuserAsync();
        await PoolFuzz.SeedAsync(superuser);
        await using var source = leaking.AppSource(Pool);
        var fuzz = new PoolFuzz(source, Killer(superuser), 2000, SessionBinding.Use);

        await fuzz.RunAsync();

        fuzz.Oracle.Leaks.ShouldBePositive(fuzz.Oracle.ToString());
    }

    /// <summary>Ends a backend of the API, one at a time.</summary>
    private static Func<Task> Killer(NpgsqlConnection superuser)
    {
        var killing = new SemaphoreSlim(1);
        return async () =>
        {
            await killing.WaitAsync();
            try
            {
                await superuser.ExecuteAsync(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and usename = 'application_role' limit 1
                    """);
            }
            finally
            {
                killing.Release();
            }
        };
    }

    /// <summary>Every connection of the pool is idle, sees nothing, and has nothing set.</summary>
    private static async Task CleanAsync(NpgsqlDataSource source, NpgsqlConnection superuser)
    {
        var all = new List<NpgsqlConnection>();
        try
        {
            for (var n = 0; n < Pool; n++)
            {
                var connection = await source.OpenConnectionAsync();
                all.Add(connection);
                var pid = await connection.ScalarAsync<int>("select pg_backend_pid()");
                (await superuser.ScalarAsync<string>("select state from pg_stat_activity where pid = $1", pid))
                    .ShouldBe("idle");
                (await connection.ScalarAsync<string>(
                    "select coalesce(current_setting('app.current_org_id', true), '')"))
                    .ShouldBe("");
                (await connection.ScalarAsync<long>("select count(*) from events")).ShouldBe(0);
            }
        }
        finally
        {
            foreach (var connection in all) await connection.DisposeAsync();
        }
    }
}
