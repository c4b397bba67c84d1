using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>A process that is killed in the middle of an import: another one does it, once and whole.</summary>
public sealed class KilledImportTests(TestHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("import.checked")]
    [InlineData("import.stored")]
    [InlineData("import.written")]
    [InlineData("import.committed")]
    public async Task Killed_between_any_two_steps_it_is_there_once_and_whole(string at)
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        Guid id;
        using (var running = await ApiProcess.StartAsync(
            host, api.Database, TestContext.Current.CancellationToken, new Dictionary<string, string>
            {
                ["Sweeps__Enabled"] = "true",
                ["FailPoints__KillAt"] = at,
                ["Operations__LeaseSeconds"] = "2",
            }))
        {
            using var http = new HttpClient { BaseAddress = running.Address };
            id = (await new ApiClient(http, tenant.Host, owner.Token).StartImportAsync(ImportTests.Sample().Build()))
                .ShouldBe(HttpStatusCode.Accepted).Id;
            (await running.EndsAsync(Patience)).ShouldBeTrue();
        }

        Answer? operation = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                await tenant.DispatchAsync(); // nothing, as long as the dead one's lease lasts
                operation = await owner.GetAsync($"/v1/operations/{id}");
                return operation.Body!["finishedAt"] is not null;
            },
            Patience);

        operation!.ShouldHaveSucceeded();
        (await tenant.RowsAsync("events"), await tenant.RowsAsync("registrations"), await tenant.RowsAsync("files")).ShouldBe((1, 3, 1));
        (await tenant.RowsAsync("uploads"), await tenant.UsedAsync(Quota.Storage)).ShouldBe((0, TestFiles.Png.Length));
        (await tenant.DeedsAsync()).ShouldBe(["import.started", "data.imported"]);
        await tenant.ShouldBalanceAsync();
        await api.SweepAsync(new Application.Platform.ClearOperations());
        tenant.KeptFiles().ShouldHaveSingleItem();
    }
}
