using System.Collections.Concurrent;
using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Outbox;

/// <summary>
/// The outbox under more of everything; OUTBOX_TENANTS, OUTBOX_JOBS and OUTBOX_POISONED make it much more.
/// </summary>
public sealed class OutboxLoadTests(TestHost host)
{
    private const int Events = 20;

    private sealed class Noting(Func<OutboxDelivery, Task> work) : IOutboxHandler
    {
        public ConcurrentQueue<OutboxDelivery> Seen { get; } = [];

        public string Kind => "test";

        public Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
        {
            Seen.Enqueue(message);
            return work(message);
        }
    }

    [Fact]
    public async Task Three_dispatchers_keep_each_tenants_order_and_lose_and_repeat_nothing()
    {
        var tenants = Count("OUTBOX_TENANTS", 30);
        var handler = new Noting(_ => Task.CompletedTask);
        await using var apis = await Instances.StartAsync(host, 3, services => services.AddSingleton<IOutboxHandler>(handler));
        await QueueAsync(apis[0], tenants, Events);

        await Task.WhenAll(apis.Select(api => api.SweepAsync(new DispatchOutbox())));

        handler.Seen.Count.ShouldBe(tenants * Events);
        var orders = handler.Seen.GroupBy(message => message.Tenant.Id)
            .Select(of => of.Select(message => int.Parse(message.Payload, CultureInfo.InvariantCulture))).ToList();
        orders.Count.ShouldBe(tenants);
        orders.ShouldAllBe(order => order.SequenceEqual(Enumerable.Range(1, Events)));
        (await apis[0].QueryAsync<long>("select count(*) from outbox where done_at is null")).ShouldBe(0);
    }

    [Fact]
    public async Task Poisoned_messages_die_after_their_attempts_while_all_others_flow()
    {
        var poisoned = Count("OUTBOX_POISONED", 10);
        var handler = new Noting(message => message.Payload == "1"
            ? throw new DeliveryException("It is poisoned.", DeliveryFault.Passing)
            : Task.CompletedTask);
        await using var apis = await Instances.StartAsync(host, 1, services => services.AddSingleton<IOutboxHandler>(handler));
        var api = apis[0];
        await QueueAsync(api, poisoned, 4);

        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(poisoned * 3, "nobody waits for the poisoned");
        for (var n = 1; n < OutboxRules.MaxAttempts + 3; n++)
        {
            await api.ExecuteAsync("update outbox set available_at = now() - interval '1 second' where done_at is null");
            (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(0);
        }

        handler.Seen.Count(message => message.Payload == "1").ShouldBe(poisoned * OutboxRules.MaxAttempts);
        (await api.QueryAsync<long>("select count(*) from outbox where dead_at is not null and attempts = $1", OutboxRules.MaxAttempts)).ShouldBe(poisoned);
        (await api.QueryAsync<long>("select count(*) from outbox where done_at is not null and kind = 'test'")).ShouldBe(poisoned * 3);
    }

    /// <summary>Twelve workers, of whom one in twenty dies with its claim, and one in twenty outlasts its lease.</summary>
    [Fact]
    public async Task Workers_that_die_or_outlast_their_lease_leave_each_job_with_one_effect()
    {
        var jobs = Count("OUTBOX_JOBS", 400);
        await using var apis = await Instances.StartAsync(host, 3, services => { });
        var tenants = await QueueAsync(apis[0], 20, jobs / 20);
        var lease = TimeSpan.FromMilliseconds(250);
        var (effects, crashed, late) = (new ConcurrentQueue<MessageId>(), 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 12).Select(worker => Task.Run(async () =>
        {
            var queue = apis[worker % 3].Services.GetRequiredService<OutboxQueue>();
            while (await OpenAsync() > 0)
            {
                foreach (var org in tenants.Skip(worker).Concat(tenants.Take(worker)))
                    await WorkAsync(queue, org);
            }
        })));

        effects.Count.ShouldBe(jobs);
        effects.Distinct().Count().ShouldBe(jobs);
        (await apis[0].QueryAsync<long>("select count(*) from outbox where done_at is null")).ShouldBe(0);
        (crashed + late).ShouldBeGreaterThan(0, "nobody died and nobody was late");
        TestContext.Current.SendDiagnosticMessage($"{jobs} jobs, {crashed} crashes, {late} outlasted their lease");

        Task<long> OpenAsync() => apis[0].QueryAsync<long>("select count(*) from outbox where done_at is null");

        async Task WorkAsync(OutboxQueue queue, TenantId org)
        {
            while (await queue.ClaimAsync(org, ["test"], lease, CancellationToken.None) is { } message)
            {
                var fate = Random.Shared.Next(20);
                if (fate == 0)
                {
                    Interlocked.Increment(ref crashed);
                    return;
                }

                if (fate == 1) await Task.Delay(lease * 2);
                if (await queue.DoneAsync(message, CancellationToken.None)) effects.Enqueue(message.Id);
                else Interlocked.Increment(ref late);
            }
        }
    }

    private static int Count(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    /// <summary>Tenants that are nothing but rows, with so many messages each: "1", "2" and so on.</summary>
    private static async Task<TenantId[]> QueueAsync(TestApi api, int tenants, int messages)
    {
        var one = await api.NewTenantAsync();
        var now = TimeProvider.System.GetUtcNow();
        var ids = Enumerable.Range(0, tenants).Select(_ => TenantId.New(now)).ToArray();
        await api.ExecuteAsync(
            "insert into tenant_slugs (slug, org_id) select 'q' || replace(id::text, '-', ''), id from unnest($1) id",
            ids.Select(id => id.Value).ToArray());
        await api.ExecuteAsync(
            """
            insert into organizations select (jsonb_populate_record(o, jsonb_build_object(
              'id', t.org, 'slug', 'q' || replace(t.org::text, '-', '')))).*
            from organizations o, unnest($2) t (org) where o.id = $1
            """,
            one.Id.Value, ids.Select(id => id.Value).ToArray());
        for (var n = 1; n <= messages; n++)
            await api.ExecuteAsync(
                """
                insert into outbox (org_id, id, kind, payload, created_at, available_at)
                select org, message, 'test', $3, now(), now() - interval '1 second' from unnest($1, $2) t (org, message)
                """,
                ids.Select(id => id.Value).ToArray(),
                ids.Select(_ => MessageId.New(DateTimeOffset.UnixEpoch.AddSeconds(n)).Value).ToArray(),
                $"{n}");
        return ids;
    }

    /// <summary>Several instances on one database.</summary>
    private sealed class Instances : List<TestApi>, IAsyncDisposable
    {
        public static async Task<Instances> StartAsync(TestHost host, int count, Action<IServiceCollection> services)
        {
            var database = await host.Postgres.NewDatabaseAsync();
            var started = new Instances();
            for (var n = 0; n < count; n++)
                started.Add(await host.StartApiAsync(database, options => options.Services = services));
            return started;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var api in this) await api.DisposeAsync();
        }
    }
}
