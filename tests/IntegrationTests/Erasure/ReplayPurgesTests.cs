using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>A backup from before a purge brings the tenant back; it is purged again before anybody sees it.</summary>
public sealed class ReplayPurgesTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_restored_tenant_is_purged_again_and_nobody_else()
    {
        var tenant = await Doomed.MakeAsync(database);
        await using (var pooled = await database.SuperuserAsync()) NpgsqlConnection.ClearPool(pooled);
        var backup = await host.Postgres.CopyAsync(database.Name);

        await using (var api = await Doomed.StartApiAsync(host, database)) await api.SweepAsync(new PurgeTenants());
        var list = await ListAsync(database.Name);
        list.ShouldContain(tenant.Id.ToString());

        // From here on with the backup, in which the tenant is as it was, and lives besides.
        await using var restored = await Doomed.StartApiAsync(host, backup);
        await restored.ExecuteAsync("update organizations set state = 'active', purge_due_at = null where id = $1", tenant.Id.Value);
        (await restored.Client(tenant.Host).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var others = await restored.QueryAsync<long>("select count(*) from registrations where org_id <> $1", tenant.Id.Value);
        var (exit, output) = await ReplayAsync(backup, list + $"\n{Guid.Empty} a tenant that is not there\n");
        exit.ShouldBe(0, output);
        output.ShouldContain("1 of 2 purges begin again");
        await restored.SweepAsync(new PurgeTenants());

        (await restored.QueryAsync<long>("select count(*) from registrations where org_id = $1", tenant.Id.Value)).ShouldBe(0);
        (await restored.QueryAsync<long>("select count(*) from registrations")).ShouldBe(others);
        var certificate = await (await restored.OperatorAsync()).GetAsync($"{tenant.Path}/erasure-certificate");
        certificate.ShouldBe(HttpStatusCode.OK).Get<string>("kind").ShouldBe("replay");
        (await ReplayAsync(backup, list)).Output.ShouldContain("0 of 1 purges begin again");
    }

    [Fact]
    public async Task A_list_that_is_none_changes_nothing()
    {
        var tenant = await Doomed.MakeAsync(database, due: false);
        var before = await Doomed.ChecksumAsync(database, tenant.Id.Value);

        var (exit, output) = await ReplayAsync(database.Name, $"{tenant.Id}\ntenant-a\n");

        (exit, output).ShouldBe((2, output));
        output.ShouldContain("Nothing was done");
        (await Doomed.ChecksumAsync(database, tenant.Id.Value)).ShouldBe(before);
    }

    /// <summary>As docs/erasure.md says it, as platform_role.</summary>
    private async Task<string> ListAsync(string name)
    {
        await using var platform = await database.OpenAsync(host.Postgres.ConnectionString(name, "platform_role") + ";Pooling=false");
        return string.Join('\n', await platform.ListAsync<string>(
            "select concat_ws('|', tenant_id, started_at) from purges where kind <> 'compensation'"));
    }

    private async Task<(int Exit, string Output)> ReplayAsync(string name, string list)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, list, TestContext.Current.CancellationToken);
            return await ApiProcess.RunAsync(
                new Dictionary<string, string>
                {
                    ["ConnectionStrings__App"] = host.Postgres.ConnectionString(name, "application_role"),
                    ["ConnectionStrings__Platform"] = host.Postgres.ConnectionString(name, "platform_role"),
                    ["Purge__SettlingSeconds"] = "0",
                },
                Patience, TestContext.Current.CancellationToken, "replay-purges", file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
