using System.Collections.Concurrent;
using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Outbox;

/// <summary>At least once, in order, and nothing twice while nobody dies.</summary>
public sealed class DispatchOutboxTests(TestHost host)
{
    /// <summary>Counts what it is given, and does with it what the test says.</summary>
    private sealed class Counting(Func<OutboxDelivery, Task> work) : IOutboxHandler
    {
        public ConcurrentQueue<OutboxDelivery> Seen { get; } = [];

        public string Kind => "test";

        public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
        {
            Seen.Enqueue(message);
            await work(message);
        }
    }

    [Fact]
    public async Task Three_instances_side_by_side_run_each_message_once_and_in_its_tenants_order()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var handler = new Counting(_ => Task.Delay(1));
        var apis = new List<TestApi>();
        try
        {
            for (var n = 0; n < 3; n++) apis.Add(await StartAsync(database, handler));
            var tenants = new List<TestTenant>();
            for (var n = 0; n < 4; n++) tenants.Add(await apis[0].NewTenantAsync());
            foreach (var tenant in tenants) await QueueAsync(tenant, 25);

            await Task.WhenAll(apis.Select(api => api.SweepAsync(new DispatchOutbox())));

            handler.Seen.Count.ShouldBe(100);
            foreach (var tenant in tenants)
                handler.Seen.Where(m => m.Tenant.Id == tenant.Id)
                    .Select(m => int.Parse(m.Payload, CultureInfo.InvariantCulture)).ShouldBe(Enumerable.Range(1, 25));
            (await apis[0].QueryAsync<long>("select count(*) from outbox where done_at is null")).ShouldBe(0);
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
        var taken = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var slow = new Counting(async _ =>
        {
            taken.TrySetResult();
            await go.Task;
        });
        var quick = new Counting(_ => Task.CompletedTask);
        await using var first = await StartAsync(database, slow);
        await using var second = await StartAsync(database, quick);
        var tenant = await first.NewTenantAsync();
        await QueueAsync(tenant, 1);

        var late = first.SweepAsync(new DispatchOutbox());
        await taken.Task;
        (await second.SweepAsync(new DispatchOutbox())).Count.ShouldBe(0, "it is leased");
        await first.ExecuteAsync("update outbox set claimed_until = now() - interval '1 second' where org_id = $1", tenant.Id.Value);
        (await second.SweepAsync(new DispatchOutbox())).Count.ShouldBe(1);
        var done = await first.QueryAsync<DateTime>("select done_at from outbox where org_id = $1", tenant.Id.Value);
        go.SetResult();

        (await late).Count.ShouldBe(0, "its fence is old");
        (await first.QueryAsync<DateTime>("select done_at from outbox where org_id = $1", tenant.Id.Value)).ShouldBe(done);
    }

    [Fact]
    public async Task A_poisoned_message_dies_after_its_attempts_and_holds_up_nobody()
    {
        var handler = new Counting(m => m.Payload == "1"
            ? throw new DeliveryException("It is poisoned.", DeliveryFault.Passing)
            : Task.CompletedTask);
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), handler);
        var (tenant, other) = (await api.NewTenantAsync(), await api.NewTenantAsync());
        await QueueAsync(tenant, 2);
        await QueueAsync(other, 1, from: 5);

        for (var n = 0; n < 20; n++)
        {
            await api.SweepAsync(new DispatchOutbox());
            await api.ExecuteAsync("update outbox set available_at = now() - interval '1 second' where done_at is null");
        }

        handler.Seen.Count(m => m.Payload == "1").ShouldBe(OutboxRules.MaxAttempts);
        (await api.QueryAsync<string>(
            "select string_agg(concat_ws(' ', payload, attempts, last_error, dead_at is not null), ', ') from outbox where done_at is null and kind = 'test'"))
            .ShouldBe("1 12 It is poisoned. t");
        (await api.QueryAsync<long>("select count(*) from outbox where done_at is not null and kind = 'test'")).ShouldBe(2);
    }

    [Fact]
    public async Task A_mail_server_that_is_away_loses_nothing_and_one_that_drops_the_line_sends_the_same_mail_twice()
    {
        using var sink = new SmtpSink { Mood = SinkMood.Postpones };
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(), options => options.Settings["Mail:Port"] = $"{sink.Port}");
        var tenant = await api.NewTenantAsync();
        var email = tenant.Email("viewer");
        await tenant.Anonymous.PostAsync("/v1/auth/password/forgot", new { email });

        (await AgainAsync()).ShouldBe(0);
        sink.Mood = SinkMood.TakesAndDrops;
        (await AgainAsync()).ShouldBe(0);
        sink.Mood = SinkMood.Takes;
        (await AgainAsync()).ShouldBe(1);

        var mails = sink.To(email);
        mails.Count.ShouldBe(2);
        mails[0].Message.MessageId.ShouldBe(mails[1].Message.MessageId);

        async Task<long> AgainAsync()
        {
            await api.ExecuteAsync("update outbox set available_at = now() - interval '1 second' where done_at is null");
            return (await api.SweepAsync(new DispatchOutbox())).Count;
        }
    }

    [Fact]
    public async Task A_mail_that_was_taken_is_not_sent_again_because_the_server_hung_up_first()
    {
        using var sink = new SmtpSink { Mood = SinkMood.TakesAndHangsUp };
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(), options => options.Settings["Mail:Port"] = $"{sink.Port}");
        var tenant = await api.NewTenantAsync();
        await tenant.Anonymous.PostAsync("/v1/auth/password/forgot", new { email = tenant.Email("viewer") });

        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(1);

        sink.To(tenant.Email("viewer")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_the_receivers_server_refuses_for_ever_is_not_tried_again()
    {
        using var sink = new SmtpSink { Mood = SinkMood.Refuses };
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(), options => options.Settings["Mail:Port"] = $"{sink.Port}");
        var tenant = await api.NewTenantAsync();
        await tenant.Anonymous.PostAsync("/v1/auth/password/forgot", new { email = tenant.Email("viewer") });

        await api.SweepAsync(new DispatchOutbox());

        (await api.QueryAsync<string>(
            "select concat_ws(' ', attempts, last_error, dead_at is not null) from outbox where org_id = $1", tenant.Id.Value))
            .ShouldBe("1 The mail server refused: 550. t");
    }

    private Task<TestApi> StartAsync(string database, IOutboxHandler handler) =>
        host.StartApiAsync(database, options => options.Services = services => services.AddSingleton(handler));

    private static async Task QueueAsync(TestTenant tenant, int count, int from = 1)
    {
        for (var n = from; n < from + count; n++)
            await tenant.Api.ExecuteAsync(
                "insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, $2, 'test', $3, now(), now())",
                tenant.Id.Value, MessageId.New(DateTimeOffset.UnixEpoch.AddSeconds(n)).Value, $"{n}");
    }
}
