using System.Collections.Concurrent;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Common;

/// <summary>What shares slots: each kind has as many as the others.</summary>
internal enum Lane
{
    Members,

    /// <summary>Strangers cannot take what members need.</summary>
    Public,

    /// <inheritdoc cref="StreamedRoute"/>
    Streams,
}

/// <summary>
/// How many requests of one tenant this instance works on at once (ADR 0035). The next ones wait in turn, not for long
/// and not too many: then they are refused, and the other tenants' go on.
/// </summary>
internal sealed class TenantSlots(TimeProvider clock)
{
    /// <summary>How many may wait, for each slot.</summary>
    public const int WaitingPerSlot = 8;

    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(TenantId Tenant, Lane Lane), Gate> _gates = new();

    /// <summary>Tenants of whom something is under way: nothing is kept of the others.</summary>
    public int Count => _gates.Count;

    /// <summary>How many slots are taken now.</summary>
    public int Taken(TenantId tenant, Lane lane) => _gates.TryGetValue((tenant, lane), out var gate) ? gate.Taken : 0;

    /// <returns>True if it was let in, and has to <see cref="Leave"/>.</returns>
    /// <exception cref="OperationCanceledException">It went away while it waited, and was not let in.</exception>
    public async ValueTask<bool> EnterAsync(TenantId tenant, Lane lane, int slots, CancellationToken cancellationToken)
    {
        var gate = _gates.GetOrAdd((tenant, lane), static _ => new Gate());
        Turn? turn;
        Entry entry;
        while ((entry = gate.Enter(slots, out turn)) is Entry.Closed)
        {
            _gates.TryRemove(new((tenant, lane), gate)); // as whoever closed it is about to
            gate = _gates.GetOrAdd((tenant, lane), static _ => new Gate());
        }

        if (turn is null) return entry is Entry.Granted;

        await using var patience = clock.CreateTimer(_ => gate.GiveUp(turn), null, Patience, Timeout.InfiniteTimeSpan);
        await using var gone = cancellationToken.UnsafeRegister(_ => gate.GiveUp(turn), null);
        if (await turn.Task) return true;

        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    public void Leave(TenantId tenant, Lane lane)
    {
        var gate = _gates[(tenant, lane)];
        if (gate.Leave()) _gates.TryRemove(new((tenant, lane), gate));
    }

    private enum Entry
    {
        Granted,
        Waiting,
        Refused,

        /// <summary>The gate is being removed: there will be another.</summary>
        Closed,
    }

    /// <summary>Somebody's place in the queue: answered once, by whoever is first.</summary>
    private sealed class Turn() : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Gate
    {
        private readonly Lock _lock = new();
        private readonly LinkedList<Turn> _queue = new();
        private int _slots, _taken;
        private bool _isClosed;

        public int Taken => Volatile.Read(ref _taken);

        public Entry Enter(int slots, out Turn? turn)
        {
            turn = null;
            lock (_lock)
            {
                if (_isClosed) return Entry.Closed;

                _slots = slots; // as the plan is now
                LetIn();
                if (_taken < _slots)
                {
                    _taken++;
                    return Entry.Granted;
                }

                if (_queue.Count >= (long)_slots * WaitingPerSlot) return Entry.Refused;

                _queue.AddLast(turn = new Turn());
                return Entry.Waiting;
            }
        }

        /// <returns>True when nobody is left: the gate is closed for good.</returns>
        public bool Leave()
        {
            lock (_lock)
            {
                _taken--;
                LetIn();
                return _isClosed = _taken == 0;
            }
        }

        public void GiveUp(Turn turn)
        {
            lock (_lock)
                if (_queue.Remove(turn))
                    turn.SetResult(false);
        }

        private void LetIn()
        {
            while (_taken < _slots && _queue.First is { Value: var next })
            {
                _queue.RemoveFirst();
                _taken++;
                next.SetResult(true);
            }
        }
    }
}
