using CleanTenancy.Api.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Common;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.RateLimiting;

public sealed class TenantSlotsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _clock = new();
    private readonly TenantId _tenant = new(Answers.RandomId());
    private readonly TenantSlots _slots;

    public TenantSlotsTests() => _slots = new TenantSlots(_clock);

    [Fact]
    public async Task So_many_are_let_in_so_many_wait_in_turn_and_the_rest_is_refused_at_once()
    {
        for (var i = 0; i < 2; i++) (await _slots.EnterAsync(_tenant, Lane.Members, 2, None)).ShouldBeTrue();
        var waiting = Enumerable.Range(0, 2 * TenantSlots.WaitingPerSlot).Select(_ => EnterAsync(2)).ToArray();

        (await EnterAsync(2)).ShouldBeFalse();
        waiting.ShouldAllBe(turn => !turn.IsCompleted);
        _slots.Leave(_tenant, Lane.Members);
        (await waiting[0]).ShouldBeTrue();
        waiting[1].IsCompleted.ShouldBeFalse();
        _clock.Advance(TenantSlots.Patience);
        (await Task.WhenAll(waiting[1..])).ShouldAllBe(isIn => !isIn);
        _slots.Leave(_tenant, Lane.Members);
        _slots.Leave(_tenant, Lane.Members);
        _slots.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Tenants_and_lanes_do_not_share()
    {
        var other = new TenantId(Answers.RandomId());

        (await EnterAsync(1)).ShouldBeTrue();

        (await _slots.EnterAsync(other, Lane.Members, 1, None)).ShouldBeTrue();
        (await _slots.EnterAsync(_tenant, Lane.Public, 1, None)).ShouldBeTrue();
        (await _slots.EnterAsync(_tenant, Lane.Streams, 1, None)).ShouldBeTrue();
        EnterAsync(1).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_plan_counts_at_once_up_and_down()
    {
        for (var i = 0; i < 4; i++) (await EnterAsync(4)).ShouldBeTrue();

        var lowered = EnterAsync(2);
        lowered.IsCompleted.ShouldBeFalse();
        _slots.Leave(_tenant, Lane.Members);
        _slots.Leave(_tenant, Lane.Members);
        lowered.IsCompleted.ShouldBeFalse(); // two are still there
        var raised = EnterAsync(8);

        (await Task.WhenAll(lowered, raised)).ShouldBe([true, true]);
    }

    [Fact]
    public async Task Whoever_goes_away_leaves_the_queue_and_takes_no_slot()
    {
        using var gone = new CancellationTokenSource();
        (await EnterAsync(1)).ShouldBeTrue();
        var first = _slots.EnterAsync(_tenant, Lane.Members, 1, gone.Token).AsTask();
        var second = EnterAsync(1);

        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => first);
        _slots.Leave(_tenant, Lane.Members);
        (await second).ShouldBeTrue();
        _slots.Leave(_tenant, Lane.Members);
        _slots.Count.ShouldBe(0);
    }

    /// <summary>On a real clock, with turns that end by themselves, and gates that close and open all the time.</summary>
    [Fact]
    public async Task In_a_crowd_no_more_than_the_slots_are_in_and_none_is_lost()
    {
        var slots = new TenantSlots(TimeProvider.System);
        var (inside, most, let) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                using var impatient = new CancellationTokenSource();
                if (i % 7 == 0) impatient.CancelAfter(1);
                try
                {
                    if (!await slots.EnterAsync(_tenant, Lane.Members, 5, impatient.Token)) continue;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Interlocked.Increment(ref let);
                if (i % 3 == 0) await Task.Yield();
                Interlocked.Decrement(ref inside);
                slots.Leave(_tenant, Lane.Members);
                if (worker % 8 == 0) await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        })));

        most.ShouldBeInRange(2, 5);
        let.ShouldBeGreaterThan(3_000);
        slots.Count.ShouldBe(0);
    }

    private Task<bool> EnterAsync(int slots) => _slots.EnterAsync(_tenant, Lane.Members, slots, None).AsTask();

    private static void InterlockedMax(ref int most, int now)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen)
        {
        }
    }
}
