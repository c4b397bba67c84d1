using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using StackExchange.Redis;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>The windows that all instances share: lists in one Redis, each check one script.</summary>
internal sealed class RedisWindows(IDatabase redis, TimeSpan window)
{
    internal const string Prefix = "cleantenancy:";

    /// <summary>Beats come each second; three that are missed are forgiven.</summary>
    internal const int BeatLife = 4_000;

    private static readonly string TakeScript = Script("take"), BeatScript = Script("beat");

    private readonly RedisValue _length = (long)window.TotalMicroseconds;

    /// <exception cref="RedisException">It does not answer as it should.</exception>
    public async Task<Taken> TakeAsync(RateLimit limit, RateLimit? also)
    {
        var answer = (RedisResult[])(also is { } other
            ? await redis.ScriptEvaluateAsync(TakeScript, [Name(limit), Name(other)], [_length, limit.Most, other.Most])
            : await redis.ScriptEvaluateAsync(TakeScript, [Name(limit)], [_length, limit.Most]))!;
        var at = (long)answer[0];
        return new(
            State(limit, answer, 1),
            also is { } second ? State(second, answer, 4) : null,
            At: 0,
            Shared: at);
    }

    /// <summary>Without waiting for it: at worst it is not given back.</summary>
    public void GiveBack(in Taken taken)
    {
        var at = taken.Shared!.Value.ToString(CultureInfo.InvariantCulture);
        redis.ListRemove(Name(taken.First.Limit), at, count: -1, CommandFlags.FireAndForget);
        if (taken.Second is { Limit: var second })
            redis.ListRemove(Name(second), at, count: -1, CommandFlags.FireAndForget);
    }

    /// <returns>How many instances are alive, this one among them.</returns>
    public async Task<int> BeatAsync(string instance) =>
        (int)await redis.ScriptEvaluateAsync(BeatScript, [Prefix + "instances"], [instance, BeatLife]);

    internal static RedisKey Name(in RateLimit limit) => limit.Key.Policy switch
    {
        RatePolicy.Plan => string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}rate:plan:{limit.Key.Tenant:N}:{limit.Key.Route}"),
        RatePolicy.Network => $"{Prefix}rate:network:{limit.Key.Network}:{limit.Key.Route}",
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit.Key.Policy, "A policy without a name."),
    };

    private static RateState State(in RateLimit limit, RedisResult[] answer, int from)
    {
        var wait = (long)answer[from + 2];
        return new(
            limit,
            (int)answer[from],
            TimeSpan.FromMicroseconds((long)answer[from + 1]),
            wait == 0 ? null : TimeSpan.FromMicroseconds(wait));
    }

    private static string Script(string name)
    {
        using var stream = typeof(RedisWindows).Assembly.GetManifestResourceStream($"Lua.{name}.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
