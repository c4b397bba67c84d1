using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

/// <summary>A process that is killed with an upload in its hands: after the sweep nothing is left of it.</summary>
public sealed class KilledUploadTests(TestHost host)
{
    private const int Size = 900_000;

    [Fact]
    public async Task Killed_while_bytes_come_it_leaves_nothing_after_the_sweep()
    {
        using var running = await ApiProcess.StartAsync(host, host.Api.Database, TestContext.Current.CancellationToken);
        var tenant = await host.NewTenantAsync();
        await using var upload = await StartAsync(running, tenant);
        await upload.SendAsync(TestFiles.Bytes(Size / 2));
        await tenant.IsWrittenAsync();

        running.Kill();

        tenant.KeptFiles().ShouldHaveSingleItem().ShouldEndWith(".part");
        await ShouldBeSweptAsync(tenant);
    }

    [Fact]
    public async Task Killed_between_store_and_commit_it_leaves_nothing_after_the_sweep()
    {
        using var running = await ApiProcess.StartAsync(host, host.Api.Database, TestContext.Current.CancellationToken);
        var tenant = await host.NewTenantAsync();
        await using var upload = await StartAsync(running, tenant);
        await upload.SendAsync(TestFiles.Bytes(Size / 2));
        await tenant.IsWrittenAsync();
        await using (var held = await RowLock.TakeAsync(
            host, "select 1 from usage_counters where org_id = $1 and resource = 'storage' for update", tenant.Id.Value))
        {
            await upload.SendAsync(TestFiles.Bytes(Size / 2));
            await upload.EndAsync();
            await held.WaitForOneAsync();

            running.Kill();
        }

        Guid.TryParse(tenant.KeptFiles().ShouldHaveSingleItem(), out _).ShouldBeTrue("it was stored, and whole");
        await ShouldBeSweptAsync(tenant);
    }

    private static async Task<RawUpload> StartAsync(RunningApi running, TestTenant tenant) =>
        await RawUpload.StartAsync(running.Address, tenant.Host, (await tenant.OrganizerAsync()).Token!, Size);

    private async Task ShouldBeSweptAsync(TestTenant tenant)
    {
        (await tenant.RowsAsync("uploads"), await tenant.RowsAsync("files")).ShouldBe((1, 0));
        (await tenant.UsedAsync(Quota.Storage)).ShouldBeGreaterThan(Size / 2, "it is still reserved");
        await host.Api.SweepAsync(new SweepAbandonedUploads());
        (await tenant.RowsAsync("uploads")).ShouldBe(1, "it might still live");

        // Made old by hand: an instance with another clock would sweep what other tests have under way.
        await host.Api.ExecuteAsync("update uploads set created_at = created_at - interval '3 hours' where org_id = $1", tenant.Id.Value);
        await host.Api.SweepAsync(new SweepAbandonedUploads());

        await tenant.ShouldHaveNothingAsync();
        await tenant.ShouldBalanceAsync();
    }
}
