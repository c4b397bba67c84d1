using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Exports;

/// <summary>A process that is killed with an export in its hands: another makes it, and after the sweep nothing is left.</summary>
public sealed class KilledExportTests(TestHost host)
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(60);

    /// <summary>EXPORT_KILLS: how often a process is killed at a random moment.</summary>
    private static readonly int Kills =
        int.Parse(Environment.GetEnvironmentVariable("EXPORT_KILLS") ?? "1", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("export.before_rows", 0)]
    [InlineData("export.before_store", 0)]
    [InlineData("export.before_finish", 1)]
    public async Task Killed_at_a_step_it_is_taken_over_and_leaves_nothing(string point, int archives)
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var (tenant, folder) = (await api.NewTenantAsync(), NewFolder());
        var owner = await tenant.OwnerAsync();
        var started = (await owner.StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);

        using (await StartAsync(api, folder, ("FailPoints__KillAt", point)))
            await LeaseHasEndedAsync(tenant);

        tenant.KeptFiles().Count.ShouldBe(archives);
        await ShouldBeMadeAndClearedAsync(tenant, owner, started, folder);
        (await api.QueryAsync<int>("select attempts from operations where org_id = $1", tenant.Id.Value)).ShouldBe(2);
    }

    [Fact]
    public async Task Killed_at_any_moment_it_is_taken_over_and_leaves_nothing()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        for (var n = 0; n < Kills; n++)
        {
            var (tenant, folder) = (await api.NewTenantAsync(), NewFolder());
            var owner = await tenant.OwnerAsync();
            await tenant.CrowdAsync(20_000);
            var started = (await owner.StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
            using (var running = await StartAsync(api, folder))
            {
                await Eventually.HoldsAsync(async () => await api.QueryAsync<string>(
                    "select status::text from operations where org_id = $1", tenant.Id.Value) != "queued", Moment);
                await Task.Delay(RandomNumberGenerator.GetInt32(0, 800), TestContext.Current.CancellationToken);
                running.Kill();
            }

            await LeaseHasEndedAsync(tenant);
            await ShouldBeMadeAndClearedAsync(tenant, owner, started, folder);
        }
    }

    private static string NewFolder() => Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private Task<RunningApi> StartAsync(TestApi api, string folder, params (string Name, string Value)[] more) =>
        ApiProcess.StartAsync(
            host, api.Database, TestContext.Current.CancellationToken,
            new Dictionary<string, string>(more.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)))
            {
                ["Sweeps__Enabled"] = "true",
                ["Operations__LeaseSeconds"] = "2",
                ["Exports__TempFolder"] = folder,
            });

    /// <summary>Nobody beats any more; or it was through before it could be killed.</summary>
    private static Task LeaseHasEndedAsync(TestTenant tenant) => Eventually.HoldsAsync(
        () => tenant.Api.QueryAsync<bool>(
            "select status = 'succeeded' or status = 'running' and claimed_until < clock_timestamp() from operations where org_id = $1",
            tenant.Id.Value), Moment);

    private static async Task ShouldBeMadeAndClearedAsync(TestTenant tenant, ApiClient owner, Answer started, string folder)
    {
        await tenant.RunOperationsAsync();
        var done = await owner.GetAsync($"/v1/operations/{started.Id}");
        using var content = await tenant.DownloadAsync(owner, done.Link());
        new ReadArchive(await content.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeWhole();

        await tenant.Api.ExecuteAsync("update operations set expires_at = now() - interval '1 second' where org_id = $1", tenant.Id.Value);
        await tenant.Api.SweepAsync(new ClearOperations());

        tenant.KeptFiles().ShouldBeEmpty();
        if (Directory.Exists(folder)) Directory.EnumerateFileSystemEntries(folder).ShouldBeEmpty();
    }
}
