using System.Collections.Concurrent;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>A bounded dictionary whose entries end by the clock. A hit is one look-up and allocates nothing.</summary>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider clock)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();
    private int _count;

    private sealed record Entry(TValue Value, long EndsAt);

    public bool TryGet(TKey key, out TValue value)
    {
        if (_entries.TryGetValue(key, out var entry) && entry.EndsAt > clock.GetUtcNow().UtcTicks)
        {
            value = entry.Value;
            return true;
        }

        value = default!;
        return false;
    }

    public void Set(TKey key, TValue value, DateTimeOffset endsAt)
    {
        if (Volatile.Read(ref _count) >= capacity) MakeRoom();

        var entry = new Entry(value, endsAt.UtcTicks);
        if (_entries.TryAdd(key, entry)) Interlocked.Increment(ref _count);
        else _entries[key] = entry;
    }

    public void Remove(TKey key)
    {
        if (_entries.TryRemove(key, out _)) Interlocked.Decrement(ref _count);
    }

    public void RemoveWhere(Func<TValue, bool> matches)
    {
        foreach (var (key, entry) in _entries)
            if (matches(entry.Value))
                Remove(key);
    }

    public void Clear()
    {
        foreach (var key in _entries.Keys) Remove(key);
    }

    /// <summary>
    /// What has ended goes first; if all of it is alive, everything goes: a flood must not grow the memory.
    /// </summary>
    private void MakeRoom()
    {
        var now = clock.GetUtcNow().UtcTicks;
        foreach (var (key, entry) in _entries)
            if (entry.EndsAt <= now)
                Remove(key);
        if (Volatile.Read(ref _count) >= capacity) Clear();
    }
}
