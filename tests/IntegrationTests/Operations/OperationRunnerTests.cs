using System.Collections.Concurrent;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Operations;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>Whatever dies or stalls, an operation ends once, and no tenant has two at work.</summary>
public sealed class OperationRunnerTests(TestHost host)
{
    /// <summary>Does with an operation what the test says, and notes who was at work at once.</summary>
    private sealed class Working(OperationKind kind, Func<OperationClaim, OperationMeter, CancellationToken, Task> work)
        : IOperationRunner
    {
        private readonly ConcurrentDictionary<TenantId, int> _atWork = [];

        public ConcurrentQueue<OperationClaim> Seen { get; } = [];

        public int MostAtWork { get; private set; }

        public OperationKind Kind => kind;

        public async Task<OperationOutcome> RunAsync(
            OperationClaim claim, OperationMeter meter, CancellationToken cancellationToken)
        {
            Seen.Enqueue(claim);
            MostAtWork = Math.Max(MostAtWork, _atWork.AddOrUpdate(claim.OrgId, 1, (_, n) => n + 1));
            try
            {
                await work(claim, meter, cancellationToken);
                return OperationOutcome.Succeeded(new OperationResult { Bytes = claim.Fence });
            }
            finally
            {
                _atWork.AddOrUpdate(claim.OrgId, 0, (_, n) => n - 1);
            }
        }
    }

    [Fact]
    public async Task Three_instances_side_by_side_run_each_operation_once_and_one_of_a_tenant_at_a_time()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var export = new Working(OperationKind.Export, (_, _, stop) => Task.Delay(20, stop));
        var apis = new List<TestApi>();
        try
        {
            for (var n = 0; n < 3; n++) apis.Add(await StartAsync(database, export));
            var tenants = new List<TestTenant>();
            for (var n = 0; n < 4; n++) tenants.Add(await apis[0].NewTenantAsync());

            for (var round = 0; round < 5; round++)
            {
                foreach (var tenant in tenants) await QueueAsync(tenant);
                await Task.WhenAll(
                    from api in apis
                    from tenant in tenants
                    select DispatchAsync(api, tenant));
            }

            export.Seen.Count.ShouldBe(20);
            export.Seen.ShouldAllBe(claim => claim.Attempt == 1);
            export.MostAtWork.ShouldBe(1);
            (await apis[0].QueryAsync<long>("select count(*) from operations where status = 'succeeded' and kind = 'export'")).ShouldBe(20);
        }
        finally
        {
            foreach (var api in apis) await api.DisposeAsync();
        }
    }

    [Fact]
    public async Task Who_outlasts_the_lease_finishes_nothing_and_another_does_it()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var (taken, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = new Working(OperationKind.Export, async (_, _, _) =>
        {
            taken.TrySetResult();
            await go.Task;
        });
        await using var first = await StartAsync(database, slow);
        await using var second = await StartAsync(database, new Working(OperationKind.Export, (_, _, _) => Task.CompletedTask));
        var tenant = await first.NewTenantAsync();
        await QueueAsync(tenant);

        var late = DispatchAsync(first, tenant);
        await taken.Task;
        (await DispatchAsync(second, tenant)).ShouldBe(0, "it is leased");
        await first.ExecuteAsync(
            "update operations set claimed_until = now() - interval '1 second' where org_id = $1", tenant.Id.Value);
        (await DispatchAsync(second, tenant)).ShouldBe(1);
        go.SetResult();

        (await late).ShouldBe(0, "its fence is old");
        (await StateAsync(tenant)).ShouldBe("succeeded 2 2 {\"link\":null,\"expiresAt\":null,\"bytes\":2,\"sha256\":null,\"import\":null}");
    }

    [Fact]
    public async Task As_long_as_it_beats_nobody_takes_it_over_and_its_progress_is_seen()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var go = new TaskCompletionSource();
        var slow = new Working(OperationKind.Export, async (_, meter, _) =>
        {
            meter.Expect(10);
            meter.Add(3);
            await go.Task;
        });
        await using var api = await StartAsync(database, slow, leaseSeconds: 2);
        var tenant = await api.NewTenantAsync();
        await QueueAsync(tenant);
        var started = TimeProvider.System.GetTimestamp();

        var work = DispatchAsync(api, tenant);
        await Eventually.HoldsAsync(async () => await ProgressAsync(tenant) == "3/10", TimeSpan.FromSeconds(20));
        await Eventually.HoldsAsync(
            () => Task.FromResult(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(3)), TimeSpan.FromSeconds(20));
        (await DispatchAsync(api, tenant)).ShouldBe(0, "the lease was taken anew");
        go.SetResult();

        (await work).ShouldBe(1);
        slow.Seen.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_loses_the_lease_while_working_is_stopped()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var taken = new TaskCompletionSource();
        var endless = new Working(OperationKind.Export, async (_, _, stop) =>
        {
            taken.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using var api = await StartAsync(database, endless, leaseSeconds: 2);
        var tenant = await api.NewTenantAsync();
        await QueueAsync(tenant);

        var work = DispatchAsync(api, tenant);
        await taken.Task;
        await api.ExecuteAsync(
            "update operations set fence = fence + 1, claimed_until = now() + interval '1 hour' where org_id = $1", tenant.Id.Value);

        (await work).ShouldBe(0);
        (await StateAsync(tenant)).ShouldStartWith("running 1 2", customMessage: "it is another's");
    }

    [Fact]
    public async Task What_fails_is_tried_again_later_and_has_failed_after_five_attempts()
    {
        var broken = new Working(OperationKind.Export, (_, _, _) => throw new InvalidOperationException("Broken."));
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), broken);
        var tenant = await api.NewTenantAsync();
        await QueueAsync(tenant);

        for (var n = 1; n <= 7; n++)
        {
            await DispatchAsync(api, tenant);
            broken.Seen.Count.ShouldBe(Math.Min(n, OperationRules.MaxAttempts), "not again before its delay is over");
            await api.ExecuteAsync("update operations set claimed_until = now() where org_id = $1 and status = 'queued'", tenant.Id.Value);
        }

        (await StateAsync(tenant)).ShouldBe("failed 5 5 operation_failed");
    }

    [Fact]
    public async Task What_kills_every_process_that_works_on_it_has_failed_after_five_attempts()
    {
        var innocent = new Working(OperationKind.Export, (_, _, _) => Task.CompletedTask);
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), innocent);
        var tenant = await api.NewTenantAsync();
        await QueueAsync(tenant);
        await api.ExecuteAsync(
            "update operations set status = 'running', attempts = 5, fence = 5, claimed_until = now() where org_id = $1", tenant.Id.Value);

        (await DispatchAsync(api, tenant)).ShouldBe(1);

        innocent.Seen.ShouldBeEmpty();
        (await StateAsync(tenant)).ShouldBe("failed 6 6 operation_failed");
    }

    [Fact]
    public async Task An_instance_that_stops_gives_its_work_back_at_once_and_no_attempt_is_counted()
    {
        using var stop = new CancellationTokenSource();
        var endless = new Working(OperationKind.Export, async (_, _, token) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
        });
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), endless);
        var tenant = await api.NewTenantAsync();
        await QueueAsync(tenant);

        await Should.ThrowAsync<OperationCanceledException>(() => Dispatcher(api).DispatchAsync(tenant.Id, stop.Token));

        (await StateAsync(tenant)).ShouldBe("queued 0 1");
    }

    [Fact]
    public async Task What_nobody_heard_is_found_by_the_sweep_and_run_by_a_host_that_runs_things()
    {
        var export = new Working(OperationKind.Export, (_, _, _) => Task.CompletedTask);
        var database = await host.Postgres.NewDatabaseAsync();
        await using var api = await host.StartApiAsync(database, options =>
        {
            options.Settings["Sweeps:Enabled"] = "true";
            options.Services = services => Use(services, export);
        });
        var tenant = await api.NewTenantAsync();

        await QueueAsync(tenant);

        await Eventually.HoldsAsync(async () => (await StateAsync(tenant)).StartsWith("succeeded 1", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_sweep_counts_tenants_whose_work_waits_and_not_those_whose_work_is_done()
    {
        var export = new Working(OperationKind.Export, (_, _, _) => Task.CompletedTask);
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), export);
        var (tenant, other) = (await api.NewTenantAsync(), await api.NewTenantAsync());
        await QueueAsync(tenant);
        await QueueAsync(other);
        await DispatchAsync(api, other);

        (await api.SweepAsync(new TakeUpOperations())).Count.ShouldBe(1);
    }

    private Task<TestApi> StartAsync(string database, IOperationRunner runner, int leaseSeconds = 30) =>
        host.StartApiAsync(database, options =>
        {
            options.Settings["Operations:LeaseSeconds"] = $"{leaseSeconds}";
            options.Services = services => Use(services, runner);
        });

    private static void Use(IServiceCollection services, IOperationRunner runner)
    {
        services.RemoveAll<IOperationRunner>();
        services.AddSingleton(runner);
    }

    private static OperationDispatcher Dispatcher(TestApi api) => api.Services.GetRequiredService<OperationDispatcher>();

    private static Task<long> DispatchAsync(TestApi api, TestTenant tenant) =>
        Dispatcher(api).DispatchAsync(tenant.Id, TestContext.Current.CancellationToken);

    private static Task<OperationId> QueueAsync(TestTenant tenant) => tenant.QueueOperationAsync(BuiltInRoles.SuperAdmin);

    private static Task<string> StateAsync(TestTenant tenant) => tenant.Api.QueryAsync<string>(
        "select concat_ws(' ', status, attempts, fence, coalesce(result::text, error)) from operations where org_id = $1", tenant.Id.Value);

    private static Task<string> ProgressAsync(TestTenant tenant) => tenant.Api.QueryAsync<string>(
        "select concat(done, '/', total) from operations where org_id = $1", tenant.Id.Value);
}

internal static class OperationSteps
{
    /// <summary>As a command would, but for the deed.</summary>
    public static async Task<OperationId> QueueOperationAsync(
        this TestTenant tenant, string role, OperationKind kind = OperationKind.Export)
    {
        var operation = Operation.Queue(
            tenant.Id, OperationId.New(TimeProvider.System.GetUtcNow()), kind, "{}", tenant.User(role).Id, TimeProvider.System.Now());
        await tenant.Api.ExecuteAsync(
            """
            insert into operations (org_id, id, kind, status, done, arguments, started_by, attempts, fence, created_at, updated_at)
            values ($1, $2, $3, 'queued', 0, '{}', $4, 0, 0, $5, $5)
            """,
            operation.OrgId.Value, operation.Id.Value, Wire.Text(kind), operation.StartedBy.Value, operation.CreatedAt.UtcDateTime);
        return operation.Id;
    }
}
