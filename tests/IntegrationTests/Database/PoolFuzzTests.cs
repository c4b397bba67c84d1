using System.Globalization;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// No Reset On Close is on, so a setting that outlived its transaction would be the next reader's. The second test
/// shows that the oracle would see it.
/// </summary>
public sealed class PoolFuzzTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const int Pool = 8;

    private static readonly int Operations = int.Parse(
        Environment.GetEnvironmentVariable("POOL_FUZZ_OPERATIONS") ?? "6000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_row_of_another_tenant_is_ever_read()
    {
        await using var superuser = await database.SuperuserAsync();
        await PoolFuzz.SeedAsync(superuser);
        await using var source = database.AppSource(Pool);
        using var killing = new SemaphoreSlim(1);
        var fuzz = new PoolFuzz(source, KillAsync, Operations);

        await fuzz.RunAsync();

        await CleanAsync(source, superuser);
        fuzz.Oracle.ShouldBeClean();
        fuzz.Oracle.Checks.ShouldBeGreaterThan(Operations);
        (await superuser.ScalarAsync<long>("select count(*) from events where title in ('abandoned', 'x')")).ShouldBe(0);

        async Task KillAsync()
        {
            await killing.WaitAsync();
            await superuser.ExecuteAsync(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and usename = 'application_role' limit 1
                """);
            killing.Release();
        }
    }

    [Fact]
    public async Task The_oracle_sees_a_setting_that_outlives_its_transaction()
    {
        await using (var superuser = await database.SuperuserAsync())
            await OwnDatabase.SeedAsync(superuser, PoolFuzz.Tenant(1_000_001), "leak-1", 1);
        await using (var superuser = await database.SuperuserAsync())
            await OwnDatabase.SeedAsync(superuser, PoolFuzz.Tenant(1_000_002), "leak-2", 1);
        await using var source = database.AppSource(Pool);
        var oracle = new Oracle();

        await Task.WhenAll(Enumerable.Range(0, PoolFuzz.Tasks).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var n = 0; n < 20; n++)
            {
                await using var connection = await source.OpenConnectionAsync();
                Guid? bound = random.Next(3) == 0 ? null : PoolFuzz.Tenant(1_000_001 + random.Next(2));
                if (bound is { } tenant)
                    await connection.ExecuteAsync("select set_config('app.current_org_id', $1, false)", tenant.ToString());
                oracle.Saw(bound, await connection.ListAsync<Guid>("select org_id from events"));
            }
        })));

        oracle.Leaks.ShouldBePositive();
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
                (await superuser.ScalarAsync<string>("select state from pg_stat_activity where pid = $1", pid)).ShouldBe("idle");
                (await connection.ScalarAsync<string>("select coalesce(current_setting('app.current_org_id', true), '')")).ShouldBe("");
                (await connection.ScalarAsync<long>("select count(*) from events")).ShouldBe(0);
            }
        }
        finally
        {
            foreach (var connection in all) await connection.DisposeAsync();
        }
    }
}
