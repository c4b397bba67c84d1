using System.Net;
using System.Security.Cryptography;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Files;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Files;

/// <summary>The other store: an API whose files are in a bucket.</summary>
public sealed class S3FileStoreTests(TestHost host)
{
    private const int Part = S3FileStore.PartSize;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Part - 1)]
    [InlineData(Part)]
    [InlineData(Part + 1)]
    [InlineData(2 * Part)]
    [InlineData((2 * Part) + 12_345)]
    public async Task A_file_of_any_number_of_parts_comes_back_as_it_was(int size)
    {
        using var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var bytes = RandomNumberGenerator.GetBytes(size);

        var uploaded = (await organizer.UploadAsync(bytes)).ShouldBe(HttpStatusCode.Created);

        s3.Keys.ShouldBe([$"{tenant.Id}/{uploaded.Id}"]);
        (await UploadFileTests.DownloadAsync(organizer, tenant, uploaded.Id)).SequenceEqual(bytes).ShouldBeTrue();
        if (size < 10) return;

        using var range = await GetFileContentTests.GetAsync(
            organizer, tenant, $"/v1/files/{uploaded.Id}/content", ("Range", $"bytes={size - 10}-{size - 2}"));
        (await range.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBe(bytes[^10..^1]);
    }

    [Fact]
    public async Task A_deleted_file_leaves_the_bucket()
    {
        using var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync("Plan A")).ShouldBe(HttpStatusCode.Created).Id;

        (await organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
        await api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });

        s3.Keys.ShouldBeEmpty();
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(0);
        var store = api.Services.GetRequiredService<IFileStore>();
        var key = new FileKey(tenant.Id, new(file));
        await store.EraseAsync(key, TestContext.Current.CancellationToken); // nothing to do is no failure
        await Should.ThrowAsync<FileNotFoundException>(store.OpenAsync(key, 0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task All_of_a_tenant_leaves_the_bucket_and_nothing_of_another()
    {
        using var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        var (tenant, neighbour) = (await api.NewTenantAsync(), await api.NewTenantAsync());
        foreach (var size in new[] { 0, 1, 10, Part + 5 })
            (await (await tenant.OrganizerAsync()).UploadAsync(TestFiles.Bytes(size))).ShouldBe(HttpStatusCode.Created);
        var kept = (await (await neighbour.OrganizerAsync()).UploadAsync("Plan B")).ShouldBe(HttpStatusCode.Created).Id;
        var store = api.Services.GetRequiredService<IFileStore>();

        (await store.MeasureAsync(tenant.Id, TestContext.Current.CancellationToken)).ShouldBe(new FileHolding(4, Part + 16));
        await store.EraseAllAsync(tenant.Id, TestContext.Current.CancellationToken);

        s3.Keys.ShouldBe([$"{neighbour.Id}/{kept}"]);
        (await store.MeasureAsync(tenant.Id, TestContext.Current.CancellationToken)).ShouldBe(new FileHolding(0, 0));
        await store.EraseAllAsync(tenant.Id, TestContext.Current.CancellationToken); // nothing to do is no failure
    }

    [Fact]
    public async Task A_client_that_goes_away_between_two_parts_leaves_nothing()
    {
        using var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        var tenant = await api.NewTenantAsync();
        await using (var upload = await RawUpload.StartAsync(await tenant.OrganizerAsync(), tenant, 4 * Part))
        {
            await upload.SendAsync(TestFiles.Bytes(Part + 1_000));
            await Eventually.HoldsAsync(async () => await tenant.RowsAsync("uploads") == 1, TimeSpan.FromSeconds(20));
        }

        await tenant.HasNoUploadAsync();
        await tenant.ShouldHaveNothingAsync();
        s3.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refused_upload_leaves_nothing_in_the_bucket()
    {
        using var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        var tenant = await api.NewTenantAsync();
        await tenant.LimitStorageAsync(100);

        (await (await tenant.OrganizerAsync()).UploadAsync(TestFiles.Bytes(101))).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");

        await tenant.ShouldHaveNothingAsync();
        s3.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_is_away_fails_the_upload_and_leaves_nothing_behind_once_it_is_back()
    {
        var s3 = await S3Server.StartAsync(TestContext.Current.CancellationToken);
        await using var api = await StartAsync(s3);
        s3.Dispose();
        var tenant = await api.NewTenantAsync();

        (await (await tenant.OrganizerAsync()).UploadAsync("Plan A")).ShouldBeProblem(HttpStatusCode.InternalServerError, "internal_error");

        (await tenant.RowsAsync("uploads"), await tenant.UsedAsync(Quota.Storage)).ShouldBe((0, 0));
        (await tenant.RowsAsync("outbox")).ShouldBe(1, "to be erased when it is back");
    }

    private async Task<TestApi> StartAsync(S3Server s3) => await host.StartApiAsync(
        host.Api.Database,
        options =>
        {
            options.Settings.Remove("Files:Root");
            options.Settings["Files:S3:Endpoint"] = s3.Endpoint;
            options.Settings["Files:S3:Bucket"] = S3Server.Bucket;
            options.Settings["Files:S3:AccessKey"] = S3Server.Key;
            options.Settings["Files:S3:SecretKey"] = S3Server.Key;
        });
}
