using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Fixtures;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Lifecycle;

/// <summary>
/// Random sequences of triggers, by two workers at once and often the same one twice, on the real database against the
/// pure table: whatever they are answered must be what the model answers in one of the two orders, and so must be what is
/// there at the end. LIFECYCLE_SEQUENCES says how many.
/// </summary>
public sealed class LifecycleModelTests(TestHost host)
{
    private static readonly int Sequences = int.Parse(
        Environment.GetEnvironmentVariable("LIFECYCLE_SEQUENCES") ?? "100", CultureInfo.InvariantCulture);

    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A purge ends the game: it is rare.</summary>
    private static readonly Gen<TenantTrigger> Triggers = Gen.Frequency(
        (20, Gen.Enum<TenantTrigger>().Where(trigger => trigger is not TenantTrigger.PurgeData)),
        (1, Gen.Const(TenantTrigger.PurgeData)));

    /// <summary>What each of both does, and after how many hours; they often do the same.</summary>
    private static readonly Gen<(TenantTrigger One, TenantTrigger Other, int Hours)> Steps = Gen.Select(
        Triggers, Triggers, Gen.Int[0, 9], Gen.Frequency((3, Gen.Const(0)), (2, Gen.Int[1, 20 * 24])),
        (one, other, same, hours) => (one, same < 5 ? one : other, hours));

    private static readonly Gen<(Tier Tier, (TenantTrigger, TenantTrigger, int)[] Steps)> Lives =
        Gen.Select(Gen.Enum<Tier>(), Steps.Array[1, 30]);

    /// <summary>One of the lives that explain what was seen.</summary>
    private sealed record World(TenantStanding Standing, long Version, int Deeds);

    [Fact]
    public async Task Every_sequence_ends_as_the_model_says_with_one_deed_for_each_move()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var moves = 0L;

        await Lives.SampleAsync(
            async life => Interlocked.Add(ref moves, await LiveAsync(api, life.Tier, life.Steps)), iter: Sequences, threads: 4);

        moves.ShouldBeGreaterThan(Sequences, "a test in which nothing moves shows nothing");
        TestContext.Current.SendDiagnosticMessage("{0} sequences, {1} moves", Sequences, moves);
    }

    /// <returns>How often the tenant moved.</returns>
    private static async Task<long> LiveAsync(TestApi api, Tier tier, (TenantTrigger, TenantTrigger, int)[] steps)
    {
        var clock = new FakeTimeProvider(Start);
        var org = await FoundAsync(api, tier);
        await using var one = new Worker(api, clock);
        await using var other = new Worker(api, clock);
        List<World> worlds = [new(new() { State = TenantState.Provisioning, Since = Start }, 1, 0)];

        foreach (var (first, second, hours) in steps)
        {
            clock.Advance(TimeSpan.FromHours(hours));
            var answers = await Task.WhenAll(one.MoveAsync(org, first), other.MoveAsync(org, second));
            var now = clock.GetUtcNow();
            worlds =
            [
                .. worlds.SelectMany(world => Orders(world, tier, now, (first, answers[0]), (second, answers[1]))).Distinct(),
            ];
            worlds.ShouldNotBeEmpty($"{first} was answered {answers[0]}, {second} {answers[1]}");
        }

        var (found, deeds) = await LookAsync(api, org);
        var real = worlds.SingleOrDefault(world => world.Standing == found.Standing && world.Version == found.Version)
            .ShouldNotBeNull($"{found} is in none of {string.Join('\n', worlds)}");
        deeds.ShouldBe(real.Deeds);
        return real.Version - 1;
    }

    /// <summary>Both orders in which the two may have come, as far as they explain what both were answered.</summary>
    private static IEnumerable<World> Orders(
        World world, Tier tier, DateTimeOffset now, (TenantTrigger Trigger, string? Answer) one,
        (TenantTrigger Trigger, string? Answer) other)
    {
        foreach (var (first, second) in new[] { (one, other), (other, one) })
        {
            var (between, answer) = Move(world, tier, now, first.Trigger);
            if (answer != first.Answer) continue;

            var (after, next) = Move(between, tier, now, second.Trigger);
            if (next == second.Answer) yield return after;
        }
    }

    /// <summary>The model: what is due, then the trigger; a refusal leaves no trace, not even of what was due.</summary>
    private static (World, string? Answer) Move(World before, Tier tier, DateTimeOffset now, TenantTrigger trigger)
    {
        if (before.Standing.State is TenantState.Purged) return (before, Error.NotFound.Code);

        var world = before;
        while (world.Standing.Due(now) is { } due) world = After(world, due, now)!;
        if (After(world, trigger, now) is not { } moved)
            return (before, Step(world, trigger, now).Error!.Code);
        return (
            trigger is TenantTrigger.Activation && tier is Tier.Free ? After(moved, TenantTrigger.Subscribe, now, paid: false)! : moved,
            null);
    }

    private static World? After(World world, TenantTrigger trigger, DateTimeOffset now, bool paid = true) =>
        Step(world, trigger, now, paid) is { Error: null, Value: var standing }
            // What is purged has no log to write into.
            ? new(standing, world.Version + 1, world.Deeds + (trigger is TenantTrigger.PurgeData ? 0 : 1))
            : null;

    private static Result<TenantStanding> Step(
        World world, TenantTrigger trigger, DateTimeOffset now, bool paid = true) =>
        world.Standing.Move(trigger, paid ? Terms(now) : TransitionTerms.None, now, LifecycleTimes.Default);

    private static TransitionTerms Terms(DateTimeOffset now) => new() { PaidUntil = now.AddDays(30) };

    private static async Task<TenantId> FoundAsync(TestApi api, Tier tier)
    {
        var org = TenantId.New(TimeProvider.System.GetUtcNow());
        var slug = $"m{org.Value:N}";
        await api.ExecuteAsync("insert into tenant_slugs (slug, org_id) values ($1, $2)", slug, org.Value);
        await api.ExecuteAsync(
            """
            insert into organizations
              (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
            values ($1, $2, 'Model', $3, 'provisioning', $4, 'ko', 'Asia/Seoul', 'KRW', 1, $4, $4)
            """,
            org.Value, slug, CleanTenancy.Application.Common.Wire.Text(tier), Start.UtcDateTime);
        return org;
    }

    private static async Task<(TenantRow Row, int Deeds)> LookAsync(TestApi api, TenantId org)
    {
        await using var scope = api.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        await using var transaction = await scope.ServiceProvider.GetRequiredService<PlatformTenancy>().BeginAsync(org, CancellationToken.None);
        var row = await TenantLifecycles.FindAsync(transaction, CancellationToken.None)
            ?? new TenantRow(
                new()
                {
                    State = TenantState.Purged,
                    Since = new DateTimeOffset(
                        await api.QueryAsync<DateTime>("select state_since from organizations where id = $1", org.Value)),
                    TrialEndsAt = await InstantAsync(api, org, "trial_ends_at"),
                    PeriodEndsAt = await InstantAsync(api, org, "period_ends_at"),
                    CancelsAtPeriodEnd = await api.QueryAsync<bool>("select cancels_at_period_end from organizations where id = $1", org.Value),
                },
                default,
                await api.QueryAsync<long>("select version from organizations where id = $1", org.Value));
        var deeds = await api.QueryAsync<long>(
            "select count(*) from audit_logs where org_id = $1 and table_name is null", org.Value);
        return (row, (int)deeds);
    }

    private static async Task<DateTimeOffset?> InstantAsync(TestApi api, TenantId org, string column)
    {
        var found = await api.QueryAsync<object>($"select {column} from organizations where id = $1", org.Value);
        return found is DateTime instant ? new DateTimeOffset(instant) : null;
    }

    /// <summary>A worker with the life's own clock.</summary>
    private sealed class Worker : IAsyncDisposable
    {
        private readonly AsyncServiceScope _scope;
        private readonly FakeTimeProvider _clock;
        private readonly TenantLifecycles _lifecycle;

        public Worker(TestApi api, FakeTimeProvider clock)
        {
            _scope = api.Services.CreateAsyncScope();
            _clock = clock;
            _scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
            _lifecycle = ActivatorUtilities.CreateInstance<TenantLifecycles>(_scope.ServiceProvider, clock);
        }

        /// <returns>Null, or the code of the refusal.</returns>
        public async Task<string?> MoveAsync(TenantId org, TenantTrigger trigger) =>
            (await _lifecycle.MoveAsync(org, new(trigger) { Terms = Terms(_clock.GetUtcNow()) }, CancellationToken.None))?.Code;

        public ValueTask DisposeAsync() => _scope.DisposeAsync();
    }
}
