using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.RateLimiting;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.UnitTests.Infrastructure.RateLimiting;

public sealed class LocalLimiterTests
{
    private static readonly Guid Acme = new("01900000-0000-7000-8000-00000000000a");
    private static readonly Guid Globex = new("01900000-0000-7000-8000-00000000000b");

    /// <summary>
    /// Pauses in milliseconds, mostly short; which route; whose limit is raised or lowered just then; whether what was
    /// taken is given back; whether an address is limited too.
    /// </summary>
    private static readonly Gen<(int Pause, int Route, int Most, bool Back, bool Both)[]> Traces = Gen.Select(
        Gen.Frequency((8, Gen.Int[0, 3]), (3, Gen.Int[4, 400]), (1, Gen.Int[900, 2_100])),
        Gen.Int[0, 1],
        Gen.Frequency((9, Gen.Const(7)), (1, Gen.Int[1, 12])),
        Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.Bool).Array[1, 400];

    [Fact]
    public void It_says_what_a_list_of_all_instants_says() =>
        Traces.Sample(
            trace =>
            {
                var clock = new FakeTimeProvider();
                var limiter = Limiter(clock, TimeSpan.FromSeconds(1));
                var naive = new Naive(TimeSpan.FromSeconds(1));
                foreach (var (pause, route, most, back, both) in trace)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(pause));
                    var plan = Plan(Acme, most, $"Route{route}");
                    var (first, second) = both ? (Network("192.0.2.1", 20), plan) : (plan, (RateLimit?)null);

                    var taken = limiter.Take(first, second);

                    naive.Take(first, second, clock.GetUtcNow()).ShouldBe(
                        (taken.First.Wait, taken.First.Remaining, taken.First.Reset,
                        taken.Second?.Wait, taken.Second?.Remaining, taken.Second?.Reset));
                    if (!back || !taken.IsAllowed) continue;

                    limiter.GiveBack(taken);
                    naive.GiveBack(first, second, clock.GetUtcNow());
                }
            },
            iter: 2_000);

    [Fact]
    public void Whoever_waits_as_long_as_it_says_is_let_in_and_no_sooner() =>
        Gen.Select(Gen.Int[0, 200].Array[1, 60], Gen.Int[1, 9], Gen.Int[1, 9]).Sample(
            (pauses, before, after) =>
            {
                var clock = new FakeTimeProvider();
                var limiter = Limiter(clock, TimeSpan.FromSeconds(1));
                foreach (var pause in pauses)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(pause));
                    limiter.Take(Plan(Acme, before), null);
                }

                if (limiter.Take(Plan(Acme, after), null).First.Wait is not { } wait) return;

                clock.Advance(wait - TimeSpan.FromMilliseconds(1));
                limiter.Take(Plan(Acme, after), null).IsAllowed.ShouldBeFalse();
                clock.Advance(TimeSpan.FromMilliseconds(1));
                limiter.Take(Plan(Acme, after), null).IsAllowed.ShouldBeTrue();
            },
            iter: 2_000);

    [Fact]
    public void Parts_of_a_millisecond_do_not_add_up()
    {
        var clock = new FakeTimeProvider();
        var limiter = Limiter(clock, TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromMicroseconds(999));
        limiter.Take(Plan(Acme, 1), null).IsAllowed.ShouldBeTrue();

        clock.Advance(TimeSpan.FromMicroseconds(999_999));
        limiter.Take(Plan(Acme, 1), null).IsAllowed.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMicroseconds(2));
        limiter.Take(Plan(Acme, 1), null).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Parallel_requests_take_no_more_than_the_limit()
    {
        var limiter = new LocalLimiter(TimeProvider.System, instances: 1, TimeSpan.FromMinutes(5), mostNetworks: 10);
        var (plan, network) = (0, 0);

        Parallel.For(0, 4_000, i =>
        {
            if (i % 2 == 0 && limiter.Take(Plan(Acme, 300), null).IsAllowed) Interlocked.Increment(ref plan);
            if (i % 2 == 1 && limiter.Take(Network("192.0.2.1", 500), Plan(Globex, 1_000)).IsAllowed) Interlocked.Increment(ref network);
        });

        (plan, network).ShouldBe((300, 500));
    }

    [Fact]
    public void What_one_limit_refuses_costs_nothing_of_the_other()
    {
        var limiter = Limiter(new FakeTimeProvider(), TimeSpan.FromSeconds(1));
        for (var i = 0; i < 5; i++) limiter.Take(Plan(Acme, 5), null).IsAllowed.ShouldBeTrue();

        for (var i = 0; i < 50; i++) limiter.Take(Network("192.0.2.1", 3), Plan(Acme, 5)).IsAllowed.ShouldBeFalse();

        for (var i = 0; i < 3; i++) limiter.Take(Network("192.0.2.1", 3), Plan(Globex, 5)).IsAllowed.ShouldBeTrue();
        var both = limiter.Take(Network("192.0.2.1", 3), Plan(Globex, 5));
        (both.First.Wait.HasValue, both.Second!.Value.Wait.HasValue, both.Second.Value.Remaining).ShouldBe((true, false, 2));
    }

    [Fact]
    public void Tenants_routes_and_networks_have_windows_of_their_own()
    {
        var limiter = Limiter(new FakeTimeProvider(), TimeSpan.FromSeconds(1));
        RateLimit[] limits =
        [
            Plan(Acme, 1), Plan(Globex, 1), Plan(Acme, 1, "Other"), Network("192.0.2.1", 1), Network("192.0.2.2", 1),
            Network("192.0.2.1", 1, "credentials"),
        ];

        foreach (var limit in limits) limiter.Take(limit, null).IsAllowed.ShouldBeTrue();
        foreach (var limit in limits) limiter.Take(limit, null).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Among_several_each_takes_its_part_and_at_least_one()
    {
        var clock = new FakeTimeProvider();
        var limiter = new LocalLimiter(clock, instances: 2, TimeSpan.FromSeconds(1), mostNetworks: 10) { Instances = 7 };
        int Most(int limit)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Enumerable.Range(0, 100).Count(_ => limiter.Take(Plan(Acme, limit), null).IsAllowed);
        }

        (Most(60), Most(7), Most(3)).ShouldBe((9, 1, 1));
        limiter.Instances = 1; // the settings know of two
        (Most(60), Most(1)).ShouldBe((30, 1));
    }

    [Fact]
    public void What_was_recorded_counts_when_it_is_needed()
    {
        var clock = new FakeTimeProvider();
        var limiter = Limiter(clock, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 4; i++) limiter.Record(Plan(Acme, 5), null);

        limiter.Take(Plan(Acme, 5), null).IsAllowed.ShouldBeTrue();
        limiter.Take(Plan(Acme, 5), null).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void A_flood_of_networks_does_not_grow_the_memory_nor_touch_the_tenants()
    {
        var clock = new FakeTimeProvider();
        var limiter = new LocalLimiter(clock, instances: 1, TimeSpan.FromMinutes(1), mostNetworks: 1_000);
        limiter.Take(Plan(Acme, 1), null);
        limiter.Take(Network("busy", 1), null);

        for (var i = 0; i < 50_000; i++)
        {
            limiter.Take(Network($"flood{i}", 1), null);
            if (i % 500 == 0) limiter.Take(Network("busy", 1), null).IsAllowed.ShouldBeFalse();
        }

        limiter.Count.ShouldBeLessThan(2_010);
        limiter.Take(Plan(Acme, 1), null).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void What_is_idle_is_dropped_and_never_too_soon()
    {
        var clock = new FakeTimeProvider();
        var limiter = Limiter(clock, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 1_000; i++) limiter.Take(Plan(Acme, 5, $"Route{i}"), null);
        limiter.Count.ShouldBe(1_000);

        clock.Advance(TimeSpan.FromSeconds(4));
        limiter.Take(Plan(Acme, 5), null);
        limiter.Count.ShouldBe(1);
        // Longer than 32 bits of milliseconds: nothing that old may look young again.
        for (var i = 0; i < 5; i++) limiter.Take(Plan(Acme, 5), null);
        clock.Advance(TimeSpan.FromDays(49.71));
        limiter.Take(Plan(Acme, 5), null).IsAllowed.ShouldBeTrue();
        limiter.Take(Plan(Acme, 5), null).First.Remaining.ShouldBe(3);
    }

    [Fact]
    public void A_check_takes_no_memory()
    {
        var limiter = new LocalLimiter(TimeProvider.System, instances: 1, TimeSpan.FromMinutes(1), mostNetworks: 10);
        for (var i = 0; i < 1_000; i++) limiter.Take(Plan(Acme, 500), null);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++) limiter.Take(Plan(Acme, 500), null);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000);
    }

    private static LocalLimiter Limiter(TimeProvider clock, TimeSpan window) => new(clock, instances: 1, window, mostNetworks: 100);

    private static RateLimit Plan(Guid tenant, int most, string route = "ListEvents") =>
        new(new(RatePolicy.Plan, tenant, null, route), most);

    private static RateLimit Network(string network, int most, string kind = "public") =>
        new(new(RatePolicy.Network, default, network, kind), most);

    /// <summary>All instants ever, looked through each time.</summary>
    private sealed class Naive(TimeSpan window)
    {
        private readonly List<(RateKey Key, DateTimeOffset At)> _all = [];

        public (TimeSpan?, int, TimeSpan, TimeSpan?, int?, TimeSpan?) Take(RateLimit first, RateLimit? second, DateTimeOffset now)
        {
            var waits = (Wait(first, now), second is { } other ? Wait(other, now) : null);
            if (waits is (null, null))
            {
                _all.Add((first.Key, now));
                if (second is { } also) _all.Add((also.Key, now));
            }

            var (remaining, reset) = State(first, now);
            (int, TimeSpan)? state = second is { } last ? State(last, now) : null;
            return (waits.Item1, remaining, reset, waits.Item2, state?.Item1, state?.Item2);
        }

        public void GiveBack(RateLimit first, RateLimit? second, DateTimeOffset now)
        {
            _all.Remove((first.Key, now));
            if (second is { } other) _all.Remove((other.Key, now));
        }

        private List<DateTimeOffset> Counted(RateKey key, DateTimeOffset now) =>
            [.. _all.Where(one => one.Key == key && now - one.At < window).Select(one => one.At)];

        private TimeSpan? Wait(RateLimit limit, DateTimeOffset now)
        {
            var counted = Counted(limit.Key, now);
            return counted.Count < limit.Most ? null : counted[counted.Count - limit.Most] + window - now;
        }

        private (int, TimeSpan) State(RateLimit limit, DateTimeOffset now)
        {
            var counted = Counted(limit.Key, now);
            return (Math.Max(0, limit.Most - counted.Count), counted.Count == 0 ? default : counted[0] + window - now);
        }
    }
}
