using System.Diagnostics;
using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>Without Redis each instance takes its part: never everything, never nothing.</summary>
public sealed class RedisDownTests(TestHost host)
{
    private const int Instances = 3;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Killed_in_the_middle_it_lets_in_no_more_than_the_bound_and_never_nobody()
    {
        await using var redis = await RedisServer.StartAsync();
        using var logs = new LogCapture();
        var all = await LimiterInstance.StartAsync(redis, Instances, Window, Patience, logs);
        var limit = LimiterInstance.Limit(30);
        using var end = new CancellationTokenSource();
        var arriving = all.Select(one => ArriveAsync(one, limit, end.Token)).ToArray();

        await Task.Delay(2 * Window, TestContext.Current.CancellationToken);
        var killed = Stopwatch.GetTimestamp();
        redis.Kill();
        await all.AreAloneAsync();
        await Task.Delay(3 * Window, TestContext.Current.CancellationToken);
        var started = Stopwatch.GetTimestamp();
        await redis.StartAgainAsync();
        await all.AreSharedAsync();
        var shared = Stopwatch.GetTimestamp();
        await Task.Delay(3 * Window, TestContext.Current.CancellationToken);
        await end.CancelAsync();
        var instants = (await Task.WhenAll(arriving)).SelectMany(each => each).ToList();

        // A little shorter than the window: instants here are those of the answers, not of the count.
        var window = (Window - TimeSpan.FromMilliseconds(200)).Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond;
        int Most(long from, long to) => instants.Where(at => at >= from && at < to).Most(window);
        Most(0, killed).ShouldBe(30);
        Most(0, long.MaxValue).ShouldBeLessThanOrEqualTo((2 * 30) + Instances);
        Most(killed + window, started).ShouldBeInRange(30 - Instances, 30 + Instances);
        Most(shared + (2 * window), long.MaxValue).ShouldBeInRange(25, 30);
        // Nobody is ever shut out: somebody is let in within each two windows.
        instants.Order().Zip(instants.Order().Skip(1), (one, next) => next - one).Max().ShouldBeLessThan(2 * window);
        var lines = logs.Lines.Select(line => line.Text).Where(text => text.Contains("SharedLimiter: Re")).ToList();
        lines.Count(text => text.Contains("counted in Redis")).ShouldBe(2 * Instances);
        lines.Count(text => text.Contains("does not answer")).ShouldBe(Instances);
        (await redis.KeysAsync()).Values.ShouldAllBe(life => life > 0);
        foreach (var one in all) await one.DisposeAsync();
    }

    [Fact]
    public async Task Hanging_it_costs_the_first_requests_their_patience_and_the_others_nothing()
    {
        await using var redis = await RedisServer.StartAsync();
        var all = await LimiterInstance.StartAsync(redis, 1, Window, Patience);
        var limiter = all[0].Limiter;
        redis.Hang();
        var first = await TimeAsync();
        await all.AreAloneAsync();

        var then = TimeSpan.Zero;
        for (var i = 0; i < 300; i++)
        {
            then += await TimeAsync();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        first.ShouldBeLessThan(5 * Patience);
        (then / 300).ShouldBeLessThan(TimeSpan.FromMilliseconds(2));
        redis.GoOn();
        await all.AreSharedAsync();
        (await limiter.TakeAsync(LimiterInstance.Limit(1))).Shared.ShouldNotBeNull();
        await all[0].DisposeAsync();

        async Task<TimeSpan> TimeAsync()
        {
            var started = Stopwatch.GetTimestamp();
            (await limiter.TakeAsync(LimiterInstance.Limit(1))).IsAllowed.ShouldBeTrue();
            return Stopwatch.GetElapsedTime(started);
        }
    }

    [Fact]
    public async Task What_Redis_has_counted_is_remembered_here()
    {
        await using var redis = await RedisServer.StartAsync();
        var all = await LimiterInstance.StartAsync(redis, 1, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5));
        var limit = LimiterInstance.Limit(5);
        for (var i = 0; i < 4; i++) (await all[0].Limiter.TakeAsync(limit)).Shared.ShouldNotBeNull();

        redis.Kill();
        var (fifth, sixth) = (await all[0].Limiter.TakeAsync(limit), await all[0].Limiter.TakeAsync(limit));

        (fifth.IsAllowed, fifth.Shared, sixth.IsAllowed).ShouldBe((true, null, false));
        await all[0].DisposeAsync();
    }

    [Fact]
    public async Task Over_HTTP_it_is_never_an_error()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var api = await host.StartApiAsync(host.Api.Database, options =>
        {
            options.Settings["RateLimits:Factor"] = "1";
            options.Settings["Redis:Connection"] = redis.Connection;
        });
        var tenant = await api.NewTenantAsync(Tier.Free);
        var viewer = await tenant.AsAsync("viewer");
        var answers = new List<Answer>();
        async Task AskAsync(int times)
        {
            for (var i = 0; i < times; i++) answers.Add(await viewer.GetAsync("/v1/events"));
        }

        await AskAsync(20);
        redis.Hang();
        await AskAsync(20);
        redis.Kill();
        await AskAsync(40);

        answers.Tally().ShouldBe("60 x 200, 20 x 429 rate_limited");
        (await (await api.NewTenantAsync(Tier.Free)).AsAsync("viewer")).ShouldNotBeNull();
        await redis.StartAgainAsync();
        await Eventually.HoldsAsync(
            async () => (await redis.KeysAsync()).ContainsKey("cleantenancy:instances"), TimeSpan.FromSeconds(20));
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_Redis_at_the_start_the_API_starts_and_counts_alone_as_one_of_those_that_it_is_told_of()
    {
        await using var redis = await RedisServer.StartAsync();
        redis.Kill();
        await using var api = await host.StartApiAsync(host.Api.Database, options =>
        {
            options.Settings["RateLimits:Factor"] = "1";
            options.Settings["RateLimits:Instances"] = "4";
            options.Settings["Redis:Connection"] = redis.Connection;
        });
        var viewer = await (await api.NewTenantAsync(Tier.Free)).AsAsync("viewer");
        var answers = new List<Answer>();

        for (var i = 0; i < 20; i++) answers.Add(await viewer.GetAsync("/v1/events"));

        answers.Tally().ShouldBe("15 x 200, 5 x 429 rate_limited");
    }

    private static async Task<List<long>> ArriveAsync(LimiterInstance one, RateLimit limit, CancellationToken end)
    {
        var instants = new List<long>();
        while (!end.IsCancellationRequested)
        {
            if ((await one.Limiter.TakeAsync(limit)).IsAllowed) instants.Add(Stopwatch.GetTimestamp());
            await Task.Delay(5, CancellationToken.None);
        }

        return instants;
    }
}
