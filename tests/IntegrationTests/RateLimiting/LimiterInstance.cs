using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.RateLimiting;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>The limiter of one instance of the API, with a window that fits into a test.</summary>
internal sealed class LimiterInstance : IAsyncDisposable
{
    private LimiterInstance(SharedLimiter limiter) => Limiter = limiter;

    public SharedLimiter Limiter { get; }

    /// <summary>So many that share one Redis; they know how many they are.</summary>
    public static async Task<LimiterInstance[]> StartAsync(
        RedisServer redis, int instances, TimeSpan window, TimeSpan patience, LogCapture? logs = null)
    {
        var all = Enumerable.Range(0, instances).Select(_ =>
        {
            var settings = new RateLimitSettings(
                Instances: 1, $"{redis.Connection},asyncTimeout={patience.TotalMilliseconds:0}");
            var local = new LocalLimiter(TimeProvider.System, settings.Instances, window, mostNetworks: 100);
            ILogger<SharedLimiter> log = logs is null
                ? NullLogger<SharedLimiter>.Instance
                : new LoggerFactory([logs]).CreateLogger<SharedLimiter>();
            return new LimiterInstance(new SharedLimiter(
                local, new RedisGuard(TimeProvider.System, patience), settings, window, TimeProvider.System, log));
        }).ToArray();
        foreach (var one in all) await one.Limiter.StartAsync(TestContext.Current.CancellationToken);
        await all.AreSharedAsync();
        return all;
    }

    /// <summary>A plan's limit of a new tenant.</summary>
    public static RateLimit Limit(int most) => new(new(RatePolicy.Plan, Answers.RandomId(), null, "ListEvents"), most);

    public async ValueTask DisposeAsync()
    {
        await Limiter.StopAsync(CancellationToken.None);
        Limiter.Dispose();
    }
}

internal static class LimiterInstances
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public static Task AreSharedAsync(this LimiterInstance[] all) => Eventually.HoldsAsync(
        () => Task.FromResult(all.All(one => one.Limiter.IsShared && one.Limiter.Instances == all.Length)), Long);

    public static Task AreAloneAsync(this LimiterInstance[] all) => Eventually.HoldsAsync(
        () => Task.FromResult(all.All(one => !one.Limiter.IsShared)), Long);

    /// <summary>Most that was taken within any window.</summary>
    public static int Most(this IEnumerable<long> taken, long window)
    {
        var (sorted, from, most) = (taken.Order().ToList(), 0, 0);
        for (var i = 0; i < sorted.Count; i++)
        {
            while (sorted[i] - sorted[from] >= window) from++;
            most = Math.Max(most, i - from + 1);
        }

        return most;
    }
}
