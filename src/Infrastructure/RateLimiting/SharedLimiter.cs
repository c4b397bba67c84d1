using System.Diagnostics.Metrics;
using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>
/// Windows in Redis, shared by all instances; those of this instance, with its part of the limits, while Redis cannot
/// be asked. It is asked again when a heartbeat has reached it.
/// </summary>
internal sealed partial class SharedLimiter(
    LocalLimiter local, RedisGuard guard, RateLimitSettings settings, TimeSpan window, TimeProvider clock,
    ILogger<SharedLimiter> log)
    : BackgroundService, IRequestLimiter
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly Gauge<int> Mode = Telemetry.Meter.CreateGauge<int>(
        "cleantenancy.requests.shared", description: "1 while requests are counted in Redis, 0 while they are not.");

    private readonly string _name = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N", CultureInfo.InvariantCulture);
    private volatile RedisWindows? _redis;

    /// <summary>Null until the first heartbeat.</summary>
    private bool? _isShared;

    /// <summary>Whether the next request is counted in Redis.</summary>
    public bool IsShared => _redis is not null && !guard.IsOpen;

    public int Instances => local.Instances;

    public ValueTask<Taken> TakeAsync(RateLimit limit, RateLimit? also = null) =>
        _redis is { } redis && !guard.IsOpen
            ? TakeAsync(redis, limit, also)
            : local.TakeAsync(limit, also);

    public void GiveBack(Taken taken)
    {
        local.GiveBack(taken);
        if (taken.Shared is not null && IsShared) _redis!.GiveBack(taken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var connection = await ConnectAsync(settings.Redis!);
        _redis = new RedisWindows(connection.GetDatabase(), window);
        using var timer = new PeriodicTimer(Beat, clock);
        do
        {
            var beat = await guard.AskAsync(
                static s => s.redis.BeatAsync(s.name), (redis: _redis, name: _name));
            if (beat.Exception is null) local.Instances = beat.Result;
            if (beat.Exception is null || guard.IsOpen) Tell(beat.Exception);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask<Taken> TakeAsync(RedisWindows redis, RateLimit limit, RateLimit? also)
    {
        var asked = await guard.AskAsync(
            static s => s.redis.TakeAsync(s.limit, s.also), (redis, limit, also));
        if (asked.Exception is not null) return local.Take(limit, also);

        var taken = asked.Result;
        if (taken.IsAllowed) return taken with { At = local.Record(limit, also) };

        LocalLimiter.CountRefusals(taken);
        return taken;
    }

    /// <summary>Comes back whether or not Redis is there: the connection goes on trying.</summary>
    private static async Task<ConnectionMultiplexer> ConnectAsync(string connection)
    {
        // What the setting says comes later, and counts.
        var options = ConfigurationOptions.Parse($"connectTimeout=1000,asyncTimeout=500,{connection}");
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        options.ClientName ??= "cleantenancy-api";
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>Once each way, not for each request.</summary>
    private void Tell(Exception? failure)
    {
        var isShared = failure is null;
        if (isShared == _isShared) return;

        _isShared = isShared;
        Mode.Record(isShared ? 1 : 0);
        if (isShared) Shared(local.Instances);
        else Alone(local.Instances, failure!.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Requests are counted in Redis, by {Instances} instances")]
    private partial void Shared(int instances);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis does not answer: this instance counts alone, as one of {Instances}. {Reason}")]
    private partial void Alone(int instances, string reason);
}
