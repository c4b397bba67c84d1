namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>
/// The instants of what was taken within one window, oldest first: exact, in a ring that grows to the limit and no
/// further. Instants are milliseconds that may wrap around; only their differences count. Used under its own lock.
/// </summary>
internal sealed class SlidingWindow(int length)
{
    private const int Smallest = 4;

    private int[] _instants = [];
    private int _first;

    public Lock Lock { get; } = new();

    public int Count { get; private set; }

    /// <summary>Forgets what has left the window.</summary>
    public void Slide(int now)
    {
        while (Count > 0 && unchecked(now - At(0)) >= length)
        {
            _first = Next(_first);
            Count--;
        }
    }

    /// <returns>Milliseconds until one more is below the limit; 0 if it is.</returns>
    public int WaitFor(int most, int now) => Count < most ? 0 : Left(Count - most, now);

    /// <returns>Milliseconds until the oldest leaves; 0 when there is none. Never more than the window.</returns>
    public int Reset(int now) => Count == 0 ? 0 : Math.Min(length, Left(0, now));

    public void Add(int at)
    {
        if (Count == _instants.Length) Grow();
        _instants[Place(Count++)] = at;
    }

    /// <summary>Takes back one of this instant: a young one, so it is looked for from the end.</summary>
    public void Remove(int at)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (At(i) != at) continue;

            for (; i < Count - 1; i++) _instants[Place(i)] = At(i + 1);
            Count--;
            return;
        }
    }

    private int Left(int index, int now) => unchecked(At(index) + length - now);

    private int At(int index) => _instants[Place(index)];

    private int Place(int index)
    {
        var place = _first + index;
        return place < _instants.Length ? place : place - _instants.Length;
    }

    private int Next(int place) => place + 1 == _instants.Length ? 0 : place + 1;

    private void Grow()
    {
        var larger = new int[Math.Max(Smallest, _instants.Length * 2)];
        for (var i = 0; i < Count; i++) larger[i] = At(i);
        (_instants, _first) = (larger, 0);
    }
}
