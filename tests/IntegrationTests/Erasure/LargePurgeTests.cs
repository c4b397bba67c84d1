using System.Diagnostics;
using System.Globalization;
using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>Many rows are erased in many short transactions. PURGE_ROWS says how many there are.</summary>
public sealed class LargePurgeTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private static readonly int Rows =
        int.Parse(Environment.GetEnvironmentVariable("PURGE_ROWS") ?? "50000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Nobody_else_waits_for_a_large_purge()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database, events: 1), await api.OperatorAsync());
        // Each registration is a line in the log, too: that many again are erased.
        for (var from = 0; from < Rows; from += 10_000)
            await api.ExecuteAsync(
                """
                insert into registrations
                  (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
                select $1, gen_random_uuid(), (select id from events where org_id = $1), 'Lee ' || n, n || '@x.test', n || '@x.test',
                  'active', 1, now(), now()
                from generate_series($2 + 1, $3) n
                """,
                tenant.Id.Value, from, Math.Min(from + 10_000, Rows));
        await api.ExecuteAsync("analyze registrations");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (waits, transactions) = (WriteElsewhereAsync(over.Token), WatchAsync(over.Token));

        var started = Stopwatch.GetTimestamp();
        await api.SweepAsync(new PurgeTenants());
        var took = Stopwatch.GetElapsedTime(started);
        await over.CancelAsync();

        var (wait, transaction) = (await waits, await transactions);
        Repository.Report(
            "purge.txt",
            $"{2 * Rows / took.TotalSeconds:N0} rows/s; longest transaction {transaction.TotalMilliseconds:N0} ms, longest write elsewhere {wait.TotalMilliseconds:N0} ms");
        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK).Get<long>("rows").ShouldBeGreaterThan(2 * Rows);
        // The roles' lock_timeout: who waits for longer is refused.
        transaction.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        wait.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    /// <summary>Another tenant writes into the tables that are emptied.</summary>
    private async Task<TimeSpan> WriteElsewhereAsync(CancellationToken cancellationToken)
    {
        await using var superuser = await database.SuperuserAsync();
        var longest = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await superuser.ExecuteAsync(
                """
                with one as (select id, org_id from events where org_id = $1 limit 1),
                  entered as (
                    insert into registrations
                      (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
                    select org_id, gen_random_uuid(), id, 'Park', 'p@x.test', gen_random_uuid()::text, 'active', 1, now(), now() from one)
                update organizations set updated_at = now() where id = $1
                """,
                OwnDatabase.A);
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
            await Task.Delay(20, CancellationToken.None);
        }

        return longest;
    }

    /// <summary>How long a transaction of the platform was ever open.</summary>
    private async Task<TimeSpan> WatchAsync(CancellationToken cancellationToken)
    {
        await using var superuser = await database.SuperuserAsync();
        var longest = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            var open = await superuser.ScalarAsync<TimeSpan>(
                """
                select coalesce(max(clock_timestamp() - xact_start), interval '0') from pg_stat_activity
                where datname = current_database() and usename = 'platform_role'
                """);
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, open.Ticks));
            await Task.Delay(20, CancellationToken.None);
        }

        return longest;
    }
}
