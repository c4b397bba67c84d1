using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Security;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.UnitTests.Infrastructure.Security;

public sealed class ThrottleTests
{
    private const string Realm = "acme", Owner = "owner@acme.test", Home = "192.0.2.1";

    /// <summary>Who tries, whose account, from where, and how long nobody did anything before.</summary>
    private static readonly Gen<(int Actor, int Account, int Network, int Seconds)[]> Attacks = Gen.Select(
        Gen.Frequency((9, Gen.Const(0)), (1, Gen.Const(1))), Gen.Int[0, 4], Gen.Int[0, 400], Gen.Int[0, 12]).Array[50, 1_500];

    /// <summary>
    /// Whatever is tried from elsewhere, the owner signs in at home; and no hour sees more than 100 guesses of one
    /// account.
    /// </summary>
    [Fact]
    public void An_attacker_from_elsewhere_neither_locks_the_owner_out_nor_guesses_more_than_the_limit() =>
        Attacks.Sample(
            steps =>
            {
                var clock = new FakeTimeProvider(Fakes.Start);
                var throttle = new Throttle(clock, factor: 1);
                var guesses = new List<DateTimeOffset>();
                foreach (var (actor, account, network, seconds) in steps)
                {
                    clock.Advance(TimeSpan.FromSeconds(seconds));
                    if (actor == 1)
                    {
                        var home = Of(Owner, Home, isKnown: true, clock);
                        throttle.TryEnter(home).ShouldBeNull();
                        throttle.Succeeded(home);
                        continue;
                    }

                    var victim = account < 3 ? Owner : $"somebody{account}@acme.test";
                    if (throttle.TryEnter(Of(victim, $"198.51.{network}.1", isKnown: false, clock)) is null
                        && victim == Owner)
                        guesses.Add(clock.GetUtcNow());
                }

                Most(guesses, TimeSpan.FromHours(1)).ShouldBeLessThanOrEqualTo(100);
            },
            iter: 200);

    [Fact]
    public void Known_and_unknown_places_together_guess_a_hundred_times_in_an_hour_at_most()
    {
        var clock = new FakeTimeProvider(Fakes.Start);
        var throttle = new Throttle(clock, factor: 1);
        var entered = 0;

        for (var i = 0; i < 3_000; i++)
        {
            if (throttle.TryEnter(Of(Owner, $"10.{i}", isKnown: i % 2 == 0, clock)) is null) entered++;
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        entered.ShouldBe(100);
    }

    [Fact]
    public void Parallel_guesses_do_not_exceed_the_limit()
    {
        var throttle = new Throttle(TimeProvider.System, factor: 1);
        var entered = 0;

        Parallel.For(0, 500, i =>
        {
            if (throttle.TryEnter(Of(Owner, $"10.{i}", isKnown: false, TimeProvider.System)) is null)
                Interlocked.Increment(ref entered);
        });

        entered.ShouldBe(80);
    }

    [Fact]
    public void A_refusal_says_which_limit_and_when_to_come_back()
    {
        var clock = new FakeTimeProvider(Fakes.Start);
        var throttle = new Throttle(clock, factor: 1);
        for (var i = 0; i < 10; i++)
        {
            throttle.TryEnter(Of(Owner, "10.1", isKnown: false, clock)).ShouldBeNull();
            clock.Advance(TimeSpan.FromSeconds(6));
        }

        var refused = throttle.TryEnter(Of(Owner, "10.1", isKnown: false, clock))!;

        (refused.Kind, refused.Code).ShouldBe((ErrorKind.RateLimited, "rate_limited"));
        (refused.Extensions["policy"], refused.Extensions["limit"], refused.Extensions["window"])
            .ShouldBe(("account_address", 10, 900));
        refused.RetryAfter.ShouldBe(TimeSpan.FromMinutes(14));
        throttle.TryEnter(Of(Owner, "10.2", isKnown: false, clock)).ShouldBeNull();
        clock.Advance(refused.RetryAfter!.Value);
        throttle.TryEnter(Of(Owner, "10.1", isKnown: false, clock)).ShouldBeNull();
        throttle.TryEnter(Of(Owner, "10.1", isKnown: false, clock)).ShouldNotBeNull();
    }

    [Fact]
    public void What_was_right_does_not_count_and_forgives_the_mistakes_before_it()
    {
        var clock = new FakeTimeProvider(Fakes.Start);
        var throttle = new Throttle(clock, factor: 1);

        for (var i = 0; i < 1_000; i++)
        {
            var attempt = Of(Owner, Home, isKnown: true, clock);
            throttle.TryEnter(attempt).ShouldBeNull();
            if (i % 9 == 0 || i > 15) throttle.Succeeded(attempt);
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Theory]
    [InlineData(300, "tenant")]
    [InlineData(50, "address")]
    public void Spraying_over_accounts_is_limited_by_tenant_and_by_address(int limit, string policy)
    {
        var clock = new FakeTimeProvider(Fakes.Start);
        var throttle = new Throttle(clock, factor: 1);
        Error? Try(int i) => throttle.TryEnter(Of(
            $"a{i}@acme.test", policy == "address" ? "10.1" : $"10.{i}", isKnown: false, clock));

        for (var i = 0; i < limit; i++) Try(i).ShouldBeNull();

        Try(limit)!.Extensions["policy"].ShouldBe(policy);
    }

    [Fact]
    public void Mails_to_one_account_are_few()
    {
        var clock = new FakeTimeProvider(Fakes.Start);
        var throttle = new Throttle(clock, factor: 1);
        Attempt Ask(string network, bool isKnown) =>
            Of(Owner, network, isKnown, clock) with { Kind = AttemptKind.ForgottenPassword };

        for (var i = 0; i < 5; i++) throttle.TryEnter(Ask($"10.{i}", isKnown: false)).ShouldBeNull();

        throttle.TryEnter(Ask("10.9", isKnown: false)).ShouldNotBeNull();
        throttle.TryEnter(Ask(Home, isKnown: true)).ShouldBeNull();
    }

    private static Attempt Of(string account, string network, bool isKnown, TimeProvider clock) =>
        new(AttemptKind.Proof, Realm, account, network, isKnown, clock.GetUtcNow());

    private static int Most(List<DateTimeOffset> times, TimeSpan window) =>
        times.Count == 0 ? 0 : times.Max(from => times.Count(at => at >= from && at < from + window));

    private static class Fakes
    {
        public static readonly DateTimeOffset Start = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
