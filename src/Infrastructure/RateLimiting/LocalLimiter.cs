using System.Diagnostics.Metrics;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>
/// Windows in the memory of this instance: alone, or, while those that instances share cannot be asked, as its part of
/// them.
/// </summary>
internal sealed class LocalLimiter : IRequestLimiter
{
    /// <summary>Tenants and their routes are as many as they are; networks as many as somebody likes.</summary>
    private const int MostTenantKeys = 1_000_000, MostNetworkKeys = 100_000;

    internal static readonly Counter<long> Refused = Telemetry.Meter.CreateCounter<long>(
        "cleantenancy.requests.limited", description: "Requests that a rate limit refused, by policy.");

    private readonly TimeProvider _clock;
    private readonly long _origin, _perMillisecond;
    private readonly WindowStore _tenants, _networks;
    private readonly int _least;
    private int _instances;

    public LocalLimiter(TimeProvider clock, RateLimitSettings settings)
        : this(clock, settings.Instances, RateLimit.Window, MostNetworkKeys)
    {
    }

    internal LocalLimiter(TimeProvider clock, int instances, TimeSpan window, int mostNetworks)
    {
        var length = (int)window.TotalMilliseconds;
        _clock = clock;
        _origin = clock.GetTimestamp();
        _perMillisecond = clock.TimestampFrequency / 1000;
        _tenants = new WindowStore(length, MostTenantKeys);
        _networks = new WindowStore(length, mostNetworks);
        _least = _instances = Math.Max(1, instances);
    }

    /// <summary>How many windows are remembered.</summary>
    internal int Count => _tenants.Count + _networks.Count;

    /// <summary>Among how many the limits are divided; never fewer than the settings say.</summary>
    public int Instances
    {
        get => Volatile.Read(ref _instances);
        set => Volatile.Write(ref _instances, Math.Max(_least, value));
    }

    public ValueTask<Taken> TakeAsync(RateLimit limit, RateLimit? also = null) => new(Take(limit, also));

    public void GiveBack(Taken taken)
    {
        Remove(taken.First.Limit, taken.At);
        if (taken.Second is { Limit: var second }) Remove(second, taken.At);
    }

    /// <summary>Takes one of each, or none of any.</summary>
    public Taken Take(in RateLimit limit, RateLimit? also)
    {
        var clock = Now(out var at);
        var (now, first) = ((int)clock, Find(limit, clock));
        if (also is not { } other)
        {
            lock (first.Lock)
            {
                first.Slide(now);
                var wait = first.WaitFor(Share(limit), now);
                if (wait == 0) first.Add(at);
                else CountRefusal(limit.Key.Policy);
                return new(State(first, limit, now, wait), null, at);
            }
        }

        // A network's window before a tenant's, everywhere: nobody waits in a circle.
        if (limit.Key.Policy is not RatePolicy.Network || other.Key.Policy is not RatePolicy.Plan)
            throw new ArgumentException("The network comes first, the plan second.", nameof(also));

        var second = Find(other, clock);
        lock (first.Lock)
        {
            lock (second.Lock) return TakeBoth(first, limit, second, other, now, at);
        }
    }

    private Taken TakeBoth(
        SlidingWindow first, in RateLimit limit, SlidingWindow second, in RateLimit other, int now, int at)
    {
        first.Slide(now);
        second.Slide(now);
        var (wait, otherWait) = (first.WaitFor(Share(limit), now), second.WaitFor(Share(other), now));
        if (wait == 0 && otherWait == 0)
        {
            first.Add(at);
            second.Add(at);
        }

        var taken = new Taken(State(first, limit, now, wait), State(second, other, now, otherWait), at);
        CountRefusals(taken);
        return taken;
    }

    /// <summary>
    /// Counts what was taken elsewhere, so that the windows of this instance are not empty when they are needed.
    /// </summary>
    /// <returns>The instant, by which it can be taken back.</returns>
    public int Record(in RateLimit limit, RateLimit? also)
    {
        var clock = Now(out var at);
        Record(limit, clock, at);
        if (also is { } other) Record(other, clock, at);
        return at;
    }

    private void Record(in RateLimit limit, long clock, int at)
    {
        var window = Find(limit, clock);
        lock (window.Lock)
        {
            window.Slide((int)clock);
            window.Add(at);
        }
    }

    private void Remove(in RateLimit limit, int at)
    {
        var window = Find(limit, Now(out _));
        lock (window.Lock) window.Remove(at);
    }

    /// <summary>Rounded up: no instance refuses everything.</summary>
    private int Share(in RateLimit limit)
    {
        var instances = Instances;
        return instances == 1 ? limit.Most : (int)((limit.Most + (long)instances - 1) / instances);
    }

    private RateState State(SlidingWindow window, in RateLimit limit, int now, int wait) =>
        new(limit,
            Math.Max(0, Share(limit) - window.Count),
            TimeSpan.FromMilliseconds(window.Reset(now)),
            wait == 0 ? null : TimeSpan.FromMilliseconds(wait));

    internal static void CountRefusals(in Taken taken)
    {
        if (taken.First.Wait is not null) CountRefusal(taken.First.Limit.Key.Policy);
        if (taken.Second is { Wait: not null } second) CountRefusal(second.Limit.Key.Policy);
    }

    private static void CountRefusal(RatePolicy policy) => Refused.Add(
        1, new KeyValuePair<string, object?>("policy", policy is RatePolicy.Plan ? "plan" : "network"));

    private SlidingWindow Find(in RateLimit limit, long now) =>
        (limit.Key.Policy is RatePolicy.Plan ? _tenants : _networks).Find(limit.Key, now);

    /// <summary>Milliseconds since the start.</summary>
    /// <param name="at">
    /// The same, rounded up: what is counted is dated up and asked about dated down, so that no part of a millisecond
    /// is counted twice.
    /// </param>
    private long Now(out int at)
    {
        var (now, rest) = Math.DivRem(_clock.GetTimestamp() - _origin, _perMillisecond);
        at = (int)(rest == 0 ? now : now + 1);
        return now;
    }
}
