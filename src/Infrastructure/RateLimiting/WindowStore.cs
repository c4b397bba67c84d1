using System.Collections.Concurrent;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>
/// The windows of this instance, in two generations: a window that is used moves to the young one, and what nobody has
/// used for two lengths is dropped with the old one, without a look at each. A flood of keys turns the generations
/// sooner, and forgets first what has not been used for longest.
/// </summary>
internal sealed class WindowStore(int length, int capacity)
{
    private readonly Lock _turning = new();
    private volatile Generations _generations = new(new(), new(), since: 0);

    private sealed class Generations(
        ConcurrentDictionary<RateKey, SlidingWindow> young, ConcurrentDictionary<RateKey, SlidingWindow> old, long since)
    {
        /// <summary>Of the young: a dictionary's own count locks all of it.</summary>
        public int Count;

        public ConcurrentDictionary<RateKey, SlidingWindow> Young { get; } = young;

        public ConcurrentDictionary<RateKey, SlidingWindow> Old { get; } = old;

        public long Since { get; } = since;
    }

    /// <summary>A window in both counts twice.</summary>
    public int Count => _generations.Young.Count + _generations.Old.Count;

    /// <param name="key">Whose.</param>
    /// <param name="now">Milliseconds; they do not wrap around.</param>
    public SlidingWindow Find(in RateKey key, long now)
    {
        while (true)
        {
            var generations = _generations;
            if (now - generations.Since >= 2L * length || Volatile.Read(ref generations.Count) >= capacity)
            {
                Turn(generations, now);
                continue;
            }

            var window = Find(generations, key);
            // If they turned meanwhile, somebody else may have looked among the younger ones and found nothing.
            if (generations == _generations) return window;
        }
    }

    private SlidingWindow Find(Generations generations, in RateKey key)
    {
        while (true)
        {
            if (generations.Young.TryGetValue(key, out var window)) return window;

            if (!generations.Old.TryGetValue(key, out window)) window = new SlidingWindow(length);
            if (!generations.Young.TryAdd(key, window)) continue;

            Interlocked.Increment(ref generations.Count);
            return window;
        }
    }

    private void Turn(Generations seen, long now)
    {
        lock (_turning)
        {
            if (_generations != seen) return;

            // After a long sleep the young ones are as old as the old.
            _generations = new(new(), now - seen.Since >= 4L * length ? new() : seen.Young, now);
        }
    }
}
