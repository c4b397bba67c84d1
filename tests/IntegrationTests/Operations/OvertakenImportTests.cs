using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Files;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Exports;
using CleanTenancy.IntegrationTests.Files;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>An attempt that goes on after its time: it neither harms who came after it nor leaves anything.</summary>
public sealed class OvertakenImportTests(TestHost host)
{
    [Fact]
    public async Task Who_gives_back_late_takes_nothing_from_the_attempt_after_it()
    {
        var (api, store, tenant, id) = await BeginAsync();
        await using var _ = api;
        store.AfterWriting = () => throw new IOException("No space left on device.");
        store.BeforeErasing = Once(store, () => OvertakeAsync(tenant));

        (await tenant.DispatchAsync()).ShouldBe(0);

        await ShouldBeThereOnceAsync(tenant, id);
    }

    [Fact]
    public async Task Who_stores_late_leaves_nothing_beside_the_attempt_after_it()
    {
        var (api, store, tenant, id) = await BeginAsync();
        await using var _ = api;
        store.BeforeWriting = Once(store, () => OvertakeAsync(tenant));

        (await tenant.DispatchAsync()).ShouldBe(0);

        await ShouldBeThereOnceAsync(tenant, id);
    }

    [Fact]
    public async Task What_the_sweep_has_taken_meanwhile_is_stored_again()
    {
        var (api, store, tenant, id) = await BeginAsync();
        await using var _ = api;
        store.AfterWriting = Once(store, () => api.ExecuteAsync("delete from uploads where org_id = $1", tenant.Id.Value));

        (await tenant.DispatchAsync()).ShouldBe(0);
        // As the sweep would have.
        await api.ExecuteAsync("update usage_counters set used = 0 where org_id = $1 and resource = 'storage'", tenant.Id.Value);
        await LoseAsync(tenant);
        (await tenant.DispatchAsync()).ShouldBe(1);

        await ShouldBeThereOnceAsync(tenant, id);
    }

    [Theory]
    [InlineData("permission_denied", """
        update user_roles set role_id = (select id from roles where org_id = $1 and name = 'viewer')
        where org_id = $1 and role_id = (select id from roles where org_id = $1 and name = 'super_admin')
        """)]
    [InlineData("tenant_suspended", "update organizations set state = 'suspended', suspension_reason = 'operator' where id = $1")]
    [InlineData("tenant_deleted", """
        update organizations set cancels_at_period_end = true, period_ends_at = now() - interval '1 minute' where id = $1
        """)]
    public async Task What_holds_when_the_rows_are_written_counts(string code, string meanwhile)
    {
        var (api, store, tenant, id) = await BeginAsync();
        await using var _ = api;
        var before = await tenant.RowsAsync("events");
        store.AfterWriting = Once(store, () => api.ExecuteAsync(meanwhile, tenant.Id.Value));

        (await tenant.DispatchAsync()).ShouldBe(1);

        (await api.QueryAsync<string>("select concat_ws(' ', status, error) from operations where id = $1", id)).ShouldBe($"failed {code}");
        (await tenant.RowsAsync("events"), await tenant.RowsAsync("files"), await tenant.RowsAsync("uploads")).ShouldBe((before, 0, 0));
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(0);
        await api.SweepAsync(new ClearOperations());
        tenant.KeptFiles().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_import_that_outlives_its_tenant_leaves_nothing_of_it()
    {
        var (api, store, tenant, _) = await BeginAsync();
        await using var disposed = api;
        store.BeforeWriting = Once(store, () => PurgeAsync(tenant));

        (await tenant.DispatchAsync()).ShouldBe(0);

        await ShouldBeGoneAsync(tenant);
    }

    [Fact]
    public async Task An_export_that_outlives_its_tenant_leaves_nothing_of_it()
    {
        var (api, store, tenant) = await StartAsync();
        await using var _ = api;
        (await (await tenant.OwnerAsync()).StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
        store.BeforeWriting = Once(store, () => PurgeAsync(tenant));

        (await tenant.DispatchAsync()).ShouldBe(0);

        await ShouldBeGoneAsync(tenant);
    }

    [Fact]
    public async Task Of_a_tenant_that_is_purged_nobody_begins_anything()
    {
        var tenant = await host.NewTenantAsync();
        (await (await tenant.OwnerAsync()).StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
        await host.Api.ExecuteAsync("update organizations set state = 'purged' where id = $1", tenant.Id.Value);

        (await tenant.DispatchAsync()).ShouldBe(0);

        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', status, attempts) from operations where org_id = $1", tenant.Id.Value)).ShouldBe("queued 0");
        tenant.KeptFiles().ShouldBeEmpty();
    }

    private async Task<(TestApi Api, FaultyStore Store, TestTenant Tenant)> StartAsync()
    {
        var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync(), options =>
        {
            options.Settings["Purge:SettlingSeconds"] = "0";
            options.Services = services => services.AddSingleton<IFileStore>(provider =>
                new FaultyStore(ActivatorUtilities.CreateInstance<FolderFileStore>(provider)));
        });
        return (api, (FaultyStore)api.Services.GetRequiredService<IFileStore>(), await api.NewTenantAsync());
    }

    private async Task<(TestApi Api, FaultyStore Store, TestTenant Tenant, Guid Id)> BeginAsync()
    {
        var (api, store, tenant) = await StartAsync();
        var started = await (await tenant.OwnerAsync()).StartImportAsync(ImportTests.Sample().Build());
        return (api, store, tenant, started.ShouldBe(HttpStatusCode.Accepted).Id);
    }

    /// <summary>Between two steps of an attempt, and of none after it.</summary>
    private static Func<Task> Once(FaultyStore store, Func<Task> act) => async () =>
    {
        store.BeforeWriting = store.AfterWriting = store.BeforeErasing = () => Task.CompletedTask;
        await act();
    };

    private static Task LoseAsync(TestTenant tenant) => tenant.Api.ExecuteAsync(
        "update operations set claimed_until = now() - interval '1 second' where org_id = $1", tenant.Id.Value);

    private static async Task OvertakeAsync(TestTenant tenant)
    {
        await LoseAsync(tenant);
        (await tenant.DispatchAsync()).ShouldBe(1);
    }

    /// <summary>All of it, as if nobody were at work: that was too long ago.</summary>
    private static async Task PurgeAsync(TestTenant tenant)
    {
        await LoseAsync(tenant);
        await tenant.Api.ExecuteAsync("update uploads set created_at = now() - interval '1 day' where org_id = $1", tenant.Id.Value);
        await tenant.Api.ExecuteAsync(
            """
            update organizations set state = 'deleted', deleted_from = 'active', purge_due_at = now() - interval '1 minute'
            where id = $1
            """,
            tenant.Id.Value);
        (await tenant.Api.SweepAsync(new PurgeTenants())).Count.ShouldBe(1);
    }

    private static async Task ShouldBeThereOnceAsync(TestTenant tenant, Guid id)
    {
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync($"/v1/operations/{id}")).ShouldHaveSucceeded();
        (await tenant.RowsAsync("events"), await tenant.RowsAsync("registrations"), await tenant.RowsAsync("files")).ShouldBe((1, 3, 1));
        (await tenant.RowsAsync("uploads"), await tenant.UsedAsync(Quota.Storage)).ShouldBe((0, TestFiles.Png.Length));
        await tenant.ShouldBalanceAsync();
        await tenant.Api.SweepAsync(new ClearOperations());
        var file = (await owner.GetAsync("/v1/files")).Body!["data"]![0]!["id"]!.GetValue<Guid>();
        tenant.KeptFiles().ShouldBe([$"{file}"]);
        (await owner.GetAsync($"/v1/files/{file}/content")).ShouldBe(HttpStatusCode.OK);
    }

    private static async Task ShouldBeGoneAsync(TestTenant tenant)
    {
        tenant.KeptFiles().ShouldBeEmpty();
        foreach (var table in Infrastructure.Persistence.Isolation.FenceManifest.Purged)
            (await tenant.RowsAsync(table)).ShouldBe(0, table);
    }
}
