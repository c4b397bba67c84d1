using System.Globalization;
using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>
/// A process that is killed with a purge in its hands: another one ends it, and the certificate counts each row once.
/// PURGE_ROUNDS, a number, kills it at every place that there is, so often; without it at a few.
/// </summary>
public sealed class KilledPurgeTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private static readonly string[] Few =
    [
        "purge start before", "purge files in the store counted", "purge events before", "purge finish before",
    ];

    private static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("PURGE_ROUNDS") ?? "0", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Killed_anywhere_it_is_ended_by_the_next_and_nothing_is_counted_twice()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        await CountDeletionsAsync();
        // The processes' other sweeps run too: what the neighbour has to send is sent before.
        await api.ExecuteAsync("update outbox set done_at = now() where org_id = $1", OwnDatabase.B);
        string[] places = Rounds == 0 ? Few : Places(api.Services.GetRequiredService<ErasurePlan>().Tables);
        for (var round = 0; round < Math.Max(Rounds, 1); round++)
        {
            var neighbour = await Doomed.ChecksumAsync(database, OwnDatabase.B);
            var tenant = await Doomed.MakeAsync(database, events: 5);
            var before = await tenant.RowsAsync();

            foreach (var place in places) await DieAsync(place);
            await api.SweepAsync(new PurgeTenants());

            await tenant.ShouldBeGoneAsync();
            var operators = await api.OperatorAsync(); // now: a token does not last for all rounds
            var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK);
            var rows = certificate.Body!["tables"]!.AsArray().ToDictionary(
                table => table!["table"]!.GetValue<string>(), table => table!["rows"]!.GetValue<long>());
            rows.ShouldBe(await DeletionsAsync(tenant), ignoreOrder: true);
            // The transition wrote to the log, and a sweep may have sealed that.
            foreach (var table in before.Keys.Except(["audit_logs", "audit_seals"])) rows[table].ShouldBe(before[table], table);
            (certificate.Get<long>("files"), certificate.Get<long>("bytes")).ShouldBe((2, 1_234));
            (await Doomed.ChecksumAsync(database, OwnDatabase.B)).ShouldBe(neighbour);
            (await api.QueryAsync<long>("select count(*) from retained_ledger where tenant_id = $1 and kind = 'purge_data'", tenant.Id.Value))
                .ShouldBe(1);
            Repository.Report("killed-purges.txt", $"{places.Length * (round + 1)} kills in {round + 1} purges");
        }
    }

    [Fact]
    public async Task Two_at_once_share_a_purge_and_count_nothing_twice()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        await CountDeletionsAsync();
        var (tenant, operators) = (await Doomed.MakeAsync(database, events: 200), await one.OperatorAsync());

        await Eventually.HoldsAsync(
            async () =>
            {
                await Task.WhenAll(one.SweepAsync(new PurgeTenants()), other.SweepAsync(new PurgeTenants()), one.SweepAsync(new PurgeTenants()));
                return (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).Status is HttpStatusCode.OK;
            },
            TimeSpan.FromSeconds(60));

        await tenant.ShouldBeGoneAsync();
        var certificate = await operators.GetAsync($"{tenant.Path}/erasure-certificate");
        certificate.Body!["tables"]!.AsArray().ToDictionary(
            table => table!["table"]!.GetValue<string>(), table => table!["rows"]!.GetValue<long>())
            .ShouldBe(await DeletionsAsync(tenant), ignoreOrder: true);
        (await one.QueryAsync<long>("select count(*) from platform_audit_logs where row_id = $1 and action = 'tenant.erased'", tenant.Id.Value))
            .ShouldBe(1);
    }

    /// <summary>Batches of three rows: between any two of them somebody else may come.</summary>
    private Task<TestApi> StartAsync() =>
        Doomed.StartApiAsync(host, database, options => options.Settings["Purge:BatchRows"] = "3");

    private static string[] Places(IReadOnlyList<string> tables) =>
    [
        "purge start before", "purge start after",
        "purge files in the store counted", "purge files in the store erased",
        .. tables.SelectMany(table => new[] { $"purge {table} before", $"purge {table} after" }),
        "purge late files in the store counted", "purge late files in the store erased",
        "purge finish before",
    ];

    /// <summary>Starts a process whose sweeps run, and which dies at the place.</summary>
    private async Task DieAsync(string place)
    {
        var (exit, output) = await ApiProcess.RunAsync(
            new Dictionary<string, string>
            {
                ["ConnectionStrings__App"] = host.Postgres.ConnectionString(database.Name, "application_role"),
                ["ConnectionStrings__Platform"] = host.Postgres.ConnectionString(database.Name, "platform_role"),
                ["Files__Root"] = TestFiles.RootOf(database.Name),
                ["Purge__SettlingSeconds"] = "0",
                ["Purge__BatchRows"] = "2",
                ["FailPoints__KillAt"] = place,
            },
            TimeSpan.FromSeconds(150),
            TestContext.Current.CancellationToken);
        exit.ShouldBe(137, $"{place}: {output}");
    }

    /// <summary>Beside the purge's own counts: each deletion writes a line, in the transaction that deletes.</summary>
    private async Task CountDeletionsAsync()
    {
        await using var superuser = await database.SuperuserAsync();
        await superuser.ExecuteAsync(
            """
            create schema if not exists watched;
            create table if not exists watched.deletions (org_id uuid, name text);
            create or replace function watched.count_deletion() returns trigger
            language plpgsql security definer set search_path = watched, pg_temp
            as $$ begin insert into deletions values (old.org_id, tg_argv[0]); return null; end $$;
            revoke all on function watched.count_deletion() from public;
            """);
        foreach (var table in FenceManifest.Purged)
            await superuser.ExecuteAsync(
                $"create or replace trigger count_deletion after delete on {table} for each row execute function watched.count_deletion('{table}')");
    }

    private async Task<Dictionary<string, long>> DeletionsAsync(Doomed tenant)
    {
        await using var superuser = await database.SuperuserAsync();
        var counted = FenceManifest.Purged.ToDictionary(table => table, _ => 0L);
        foreach (var line in await superuser.ListAsync<string>(
            "select concat_ws(' ', name, count(*)) from watched.deletions where org_id = $1 group by name", tenant.Id.Value))
            counted[line.Split(' ')[0]] = long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        return counted;
    }
}
