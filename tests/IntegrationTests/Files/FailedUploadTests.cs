using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Files;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Files;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using CleanTenancy.Application.Common;

namespace CleanTenancy.IntegrationTests.Files;

/// <summary>Stores that fail, uploads that last too long, and sweeps that come in between: nothing is left.</summary>
public sealed class FailedUploadTests(TestHost host)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_fails_leaves_nothing(bool before)
    {
        var (api, store) = await StartAsync(host.Api.Database);
        await using var _ = api;
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        if (before) store.BeforeWriting = Fail;
        else store.AfterWriting = Fail;

        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBeProblem(HttpStatusCode.InternalServerError, "internal_error");

        await tenant.ShouldHaveNothingAsync();
        (await tenant.RowsAsync("outbox")).ShouldBe(0);
        (store.BeforeWriting, store.AfterWriting) = (() => Task.CompletedTask, () => Task.CompletedTask);
        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_store_that_cannot_erase_either_is_asked_again_and_the_quota_is_back_at_once()
    {
        var (api, store) = await StartAsync(await host.Postgres.NewDatabaseAsync());
        await using var _ = api;
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        (store.AfterWriting, store.BeforeErasing) = (Fail, Fail);

        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).Status.ShouldBe(HttpStatusCode.InternalServerError);

        (await tenant.UsedAsync(Quota.Storage), await tenant.RowsAsync("uploads")).ShouldBe((0, 0));
        tenant.KeptFiles().Count.ShouldBe(1, "nobody could erase it");
        store.BeforeErasing = () => Task.CompletedTask;
        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(1);
        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task A_database_that_refuses_to_settle_leaves_nothing()
    {
        var (api, store) = await StartAsync(await host.Postgres.NewDatabaseAsync());
        await using var _ = api;
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        store.AfterWriting = () => api.ExecuteAsync("alter table files add constraint ck_files_never check (size < 0) not valid");

        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBeProblem(HttpStatusCode.InternalServerError, "internal_error");

        (await tenant.UsedAsync(Quota.Storage), await tenant.RowsAsync("uploads")).ShouldBe((0, 0));
        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(1, "whether it had committed was not known before");
        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task What_has_committed_is_not_erased_though_nobody_heard_of_it()
    {
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(),
            options => options.Services = services => services.AddScoped<ITenantTransaction>(provider =>
                new LosingTransaction(ActivatorUtilities.CreateInstance<TenantTransaction>(provider))));
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).Status.ShouldBe(HttpStatusCode.InternalServerError);
        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(0);

        (await tenant.RowsAsync("files"), await tenant.RowsAsync("uploads")).ShouldBe((1, 0));
        tenant.KeptFiles().ShouldHaveSingleItem();
        await tenant.ShouldBalanceAsync();
    }

    /// <summary>Commits a settled file, and loses the answer.</summary>
    private sealed class LosingTransaction(TenantTransaction inner) : ITenantTransaction
    {
        public void NameTenant() => inner.NameTenant();

        public async Task<TResponse> RunAsync<TResponse>(Func<Task<TResponse>> work, CancellationToken cancellationToken)
            where TResponse : IRefusable<TResponse>
        {
            var response = await inner.RunAsync(work, cancellationToken);
            return response is Result<FileDetails> ? throw new IOException("Connection reset by peer.") : response;
        }

        public Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public void AfterCommit(Action action) => inner.AfterCommit(action);
    }

    [Fact]
    public async Task An_upload_that_lasts_too_long_is_ended_and_leaves_nothing()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Services = services => services.AddSingleton<TimeProvider>(clock));
        var tenant = await api.NewTenantAsync();
        await using var upload = await RawUpload.StartAsync(await tenant.OrganizerAsync(), tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();

        clock.Advance(api.Services.GetRequiredService<FileLimits>().UploadTime);

        var answer = await upload.AnswerAsync();
        answer.ShouldStartWith("HTTP/1.1 408");
        answer.ShouldContain("\"code\":\"upload_timed_out\"");
        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task An_upload_that_the_sweep_has_overtaken_fails_and_leaves_nothing()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        await using var api = await host.StartApiAsync(database);
        await using var later = await StartLaterAsync(database);
        var tenant = await api.NewTenantAsync();
        await using var upload = await RawUpload.StartAsync(await tenant.OrganizerAsync(), tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();

        (await later.SweepAsync(new SweepAbandonedUploads())).Count.ShouldBe(1);
        await tenant.ShouldHaveNothingAsync();
        await upload.SendAsync(TestFiles.Bytes(400_000));
        await upload.EndAsync();

        (await upload.AnswerAsync()).ShouldContain("\"code\":\"upload_timed_out\"");
        await tenant.ShouldHaveNothingAsync();
        (await later.SweepAsync(new SweepAbandonedUploads())).Count.ShouldBe(0);
    }

    [Fact]
    public async Task An_upload_that_the_sweep_overtakes_between_store_and_commit_fails_and_leaves_nothing()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var (api, store) = await StartAsync(database);
        await using var _ = api;
        await using var later = await StartLaterAsync(database);
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        store.AfterWriting = () => later.SweepAsync(new SweepAbandonedUploads());

        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBeProblem(HttpStatusCode.RequestTimeout, "upload_timed_out");

        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task The_sweep_leaves_uploads_that_live_and_the_canaries_alone()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        await using var api = await host.StartApiAsync(database);
        await using var later = await StartLaterAsync(database);
        var tenant = await api.NewTenantAsync();
        await using var upload = await RawUpload.StartAsync(await tenant.OrganizerAsync(), tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();

        (await api.SweepAsync(new SweepAbandonedUploads())).Count.ShouldBe(0);
        (await tenant.RowsAsync("uploads")).ShouldBe(1);
        (await later.SweepAsync(new SweepAbandonedUploads())).Count.ShouldBe(1);
        (await api.QueryAsync<long>("select count(*) from uploads")).ShouldBe(2, "of the canaries");
    }

    [Fact]
    public async Task A_sweep_whose_store_fails_gives_nothing_back_and_tries_again()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.Now().AddHours(3));
        var (later, store) = await StartAsync(database, clock);
        await using var _ = later;
        var tenant = await later.NewTenantAsync();
        await later.ExecuteAsync(
            "insert into uploads (org_id, id, reserved, created_at) values ($1, $2, 500, now())", tenant.Id.Value, Answers.RandomId());
        await later.ExecuteAsync("update usage_counters set used = 500 where org_id = $1 and resource = 'storage'", tenant.Id.Value);
        store.BeforeErasing = Fail;

        (await later.SweepAsync(new SweepAbandonedUploads())).Count.ShouldBe(0);
        (await tenant.RowsAsync("uploads"), await tenant.UsedAsync(Quota.Storage)).ShouldBe((1, 500));
        store.BeforeErasing = () => Task.CompletedTask;
        var swept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => later.SweepAsync(new SweepAbandonedUploads())));

        swept.Sum(one => one.Count).ShouldBe(1, "only one of them gives it back");
        await tenant.ShouldHaveNothingAsync();
    }

    private static Task Fail() => throw new IOException("No space left on device.");

    /// <summary>An instance whose clock is hours ahead: what is under way is dead to it.</summary>
    private Task<TestApi> StartLaterAsync(string database) => host.StartApiAsync(
        database,
        options => options.Services = services =>
            services.AddSingleton<TimeProvider>(new FakeTimeProvider(TimeProvider.System.Now().AddHours(3))));

    private async Task<(TestApi Api, FaultyStore Store)> StartAsync(string database, TimeProvider? clock = null)
    {
        var api = await host.StartApiAsync(database, options => options.Services = services =>
        {
            services.AddSingleton<IFileStore>(provider =>
                new FaultyStore(ActivatorUtilities.CreateInstance<FolderFileStore>(provider)));
            if (clock is not null) services.AddSingleton(clock);
        });
        return (api, (FaultyStore)api.Services.GetRequiredService<IFileStore>());
    }
}
