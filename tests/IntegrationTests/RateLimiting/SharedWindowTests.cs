using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>Instances that share one Redis count as one.</summary>
public sealed class SharedWindowTests(TestHost host)
{
    private const int Seed = 20_341;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(400), Patient = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Bursts and pauses, from three instances at once, for a limit of each trace's own. Redis' clock dates what is
    /// taken: no window of any place holds more than the limit.
    /// </summary>
    [Fact]
    public async Task In_200_random_traces_no_sliding_window_takes_more_than_the_limit_nor_less_than_it_could()
    {
        await using var redis = await RedisServer.StartAsync();
        var instances = await LimiterInstance.StartAsync(redis, 3, Window, Patient);
        var (taken, refused, full) = (0, 0, 0);

        foreach (var batch in Enumerable.Range(0, 200).Chunk(25))
            await Task.WhenAll(batch.Select(TraceAsync));

        full.ShouldBe(200); // each has filled a window to the brim
        taken.ShouldBeGreaterThan(4_000);
        refused.ShouldBeGreaterThan(4_000);
        foreach (var one in instances) await one.DisposeAsync();

        async Task TraceAsync(int number)
        {
            var random = new Random(Seed + number);
            var limit = LimiterInstance.Limit(random.Next(1, 30));
            var answers = (await Task.WhenAll(instances.Select((one, i) => ArriveAsync(one, limit, new Random(random.Next() + i)))))
                .SelectMany(all => all).ToList();
            answers.ShouldAllBe(answer => answer.Shared != null);

            var instants = answers.Where(answer => answer.IsAllowed).Select(answer => answer.Shared!.Value).ToList();
            var most = instants.Most((long)Window.TotalMicroseconds);
            most.ShouldBeLessThanOrEqualTo(limit.Most, $"trace {number}");
            if (most == limit.Most) Interlocked.Increment(ref full);
            Interlocked.Add(ref taken, instants.Count);
            Interlocked.Add(ref refused, answers.Count - instants.Count);
        }
    }

    private static async Task<List<Taken>> ArriveAsync(LimiterInstance one, RateLimit limit, Random random)
    {
        var (answers, end) = (new List<Taken>(), Environment.TickCount64 + 1_000);
        while (Environment.TickCount64 < end)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, random.Next(1, 14))
                .Select(_ => one.Limiter.TakeAsync(limit).AsTask())));
            await Task.Delay(random.Next(0, 120), TestContext.Current.CancellationToken);
        }

        return answers;
    }

    [Fact]
    public async Task Whoever_waits_as_long_as_it_says_is_let_in()
    {
        await using var redis = await RedisServer.StartAsync();
        var instances = await LimiterInstance.StartAsync(redis, 2, Window, Patient);
        var limit = LimiterInstance.Limit(3);

        for (var i = 0; i < 10; i++)
        {
            Taken answer;
            do answer = await instances[i % 2].Limiter.TakeAsync(limit);
            while (answer.IsAllowed);

            answer.First.Remaining.ShouldBe(0);
            answer.First.Wait!.Value.ShouldBeInRange(TimeSpan.FromMicroseconds(1), Window);
            await Task.Delay(answer.First.Wait.Value + TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
            var next = await instances[(i + 1) % 2].Limiter.TakeAsync(limit);
            (next.IsAllowed, next.Shared.HasValue).ShouldBe((true, true));
        }

        foreach (var one in instances) await one.DisposeAsync();
    }

    [Fact]
    public async Task Both_limits_are_taken_or_none_and_what_is_given_back_is_there_again()
    {
        await using var redis = await RedisServer.StartAsync();
        var instances = await LimiterInstance.StartAsync(redis, 1, TimeSpan.FromMinutes(1), Patient);
        var limiter = instances[0].Limiter;
        var network = new RateLimit(new(RatePolicy.Network, default, "2001:db8:1:2::", "public"), 5);
        var (full, free) = (LimiterInstance.Limit(1), LimiterInstance.Limit(9));
        (await limiter.TakeAsync(full)).IsAllowed.ShouldBeTrue();

        for (var i = 0; i < 20; i++) (await limiter.TakeAsync(network, full)).IsAllowed.ShouldBeFalse();
        var both = await limiter.TakeAsync(network, free);
        (both.IsAllowed, both.First.Remaining, both.Second!.Value.Remaining).ShouldBe((true, 4, 8));
        limiter.GiveBack(both);
        var again = await limiter.TakeAsync(network, free);

        (again.First.Remaining, again.Second!.Value.Remaining).ShouldBe((4, 8));
        await instances[0].DisposeAsync();
    }

    [Fact]
    public async Task No_key_lives_for_ever()
    {
        await using var redis = await RedisServer.StartAsync();
        var instances = await LimiterInstance.StartAsync(redis, 2, Window, Patient);
        var limits = Enumerable.Range(1, 50).Select(LimiterInstance.Limit).ToArray();
        await Task.WhenAll(limits.SelectMany(limit => instances.Select(one => one.Limiter.TakeAsync(limit).AsTask())));

        var keys = await redis.KeysAsync();
        keys.Count.ShouldBeGreaterThan(40);
        keys.Values.ShouldAllBe(life => life > 0);
        foreach (var one in instances) await one.DisposeAsync();
        await Eventually.HoldsAsync(async () => (await redis.KeysAsync()).Count == 0, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Three_instances_of_the_API_take_sixty_together()
    {
        await using var redis = await RedisServer.StartAsync();
        var apis = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.StartApiAsync(host.Api.Database, options =>
        {
            options.Settings["RateLimits:Factor"] = "1";
            options.Settings["Redis:Connection"] = redis.Connection;
        })));
        var tenant = await apis[0].NewTenantAsync(Tier.Free);
        var token = await apis[0].TokenAsync(tenant.User("viewer"));
        var answers = new List<Answer>();

        for (var i = 0; i < 90; i++)
            answers.Add(await apis[i % 3].Client(tenant.Host, token).GetAsync("/v1/events"));

        answers.Tally().ShouldBe("60 x 200, 30 x 429 rate_limited");
        answers[0].Headers.GetValues("RateLimit").ShouldBe(["\"plan\";r=59;t=60"]);
        (await redis.KeysAsync()).Keys.ShouldContain($"cleantenancy:rate:plan:{tenant.Id.Value:N}:ListEvents");
        foreach (var api in apis) await api.DisposeAsync();
        answers[60].ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }
}
