using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

internal static class FileSteps
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(20);

    /// <summary>Promises the tenant so many bytes, whatever its plan has.</summary>
    public static Task LimitStorageAsync(this TestTenant tenant, long bytes) => tenant.Api.ExecuteAsync(
        """
        insert into tenant_overrides (org_id, entitlement, amount, reason, created_at)
        values ($1, 'storageBytes', $2, 'test', now())
        """,
        tenant.Id.Value, bytes);

    /// <summary>Nothing of an upload is left: no row, no bytes in the store, nothing reserved.</summary>
    public static async Task ShouldHaveNothingAsync(this TestTenant tenant)
    {
        (await tenant.RowsAsync("uploads"), await tenant.RowsAsync("files")).ShouldBe((0, 0));
        (await tenant.UsedAsync(Domain.Plans.Quota.Storage)).ShouldBe(0);
        tenant.KeptFiles().ShouldBeEmpty();
        (await tenant.DeedsAsync()).ShouldBeEmpty();
    }

    /// <summary>Waits until the store has begun to write what a tenant uploads.</summary>
    public static Task IsWrittenAsync(this TestTenant tenant, string suffix = ".part") => Eventually.HoldsAsync(
        () => Task.FromResult(tenant.KeptFiles().Any(name => name.EndsWith(suffix, StringComparison.Ordinal) && SizeOf(tenant, name) > 0)),
        Moment);

    public static Task HasNoUploadAsync(this TestTenant tenant) =>
        Eventually.HoldsAsync(async () => await tenant.RowsAsync("uploads") == 0, Moment);

    private static long SizeOf(TestTenant tenant, string name)
    {
        var file = new FileInfo(Path.Combine(TestFiles.RootOf(tenant.Api.Database), tenant.Id.ToString(), name));
        return file.Exists ? file.Length : 0;
    }
}

/// <summary>A store that fails where a test says so, on top of a real one.</summary>
internal sealed class FaultyStore(IFileStore inner) : IFileStore
{
    public Func<Task> BeforeWriting { get; set; } = () => Task.CompletedTask;

    public Func<Task> AfterWriting { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforeErasing { get; set; } = () => Task.CompletedTask;

    public async Task WriteAsync(FileKey key, Stream content, CancellationToken cancellationToken)
    {
        await BeforeWriting();
        await inner.WriteAsync(key, content, cancellationToken);
        await AfterWriting();
    }

    public Task<Stream> OpenAsync(FileKey key, long from, CancellationToken cancellationToken) =>
        inner.OpenAsync(key, from, cancellationToken);

    public async Task EraseAsync(FileKey key, CancellationToken cancellationToken)
    {
        await BeforeErasing();
        await inner.EraseAsync(key, cancellationToken);
    }

    public Task<FileHolding> MeasureAsync(TenantId org, CancellationToken cancellationToken) =>
        inner.MeasureAsync(org, cancellationToken);

    public async Task EraseAllAsync(TenantId org, CancellationToken cancellationToken)
    {
        await BeforeErasing();
        await inner.EraseAllAsync(org, cancellationToken);
    }
}
