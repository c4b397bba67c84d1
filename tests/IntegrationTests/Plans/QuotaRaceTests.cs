using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Fixtures;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Plans;

/// <summary>
/// Random limits and 2 to 64 racers who create, give back, change the limit, go away in the middle and lose their
/// connection: rows never exceed the limit, and the counter is what the rows are. Through the whole pipeline, without
/// HTTP, as application_role.
/// </summary>
public sealed class QuotaRaceTests(TestHost host)
{
    private const int Runs = 1000;

    private enum Deed
    {
        Create,
        GiveBack,

        /// <summary>The limit of the plan goes, up or down.</summary>
        ChangeLimit,

        /// <summary>The client is gone after a moment.</summary>
        GoAway,

        /// <summary>The database ends the connections that it finds at work for the tenant.</summary>
        Kill,

        /// <summary>Looks, in one snapshot.</summary>
        Look,
    }

    private static readonly Gen<Deed> Deeds = Gen.Frequency(
        (12, Gen.Const(Deed.Create)), (5, Gen.Const(Deed.GiveBack)), (1, Gen.Const(Deed.ChangeLimit)),
        (2, Gen.Const(Deed.GoAway)), (1, Gen.Const(Deed.Look)));

    /// <summary>Few race as well as many do, and take less time: mostly it is few.</summary>
    private static readonly Gen<Deed[]> Racers = Gen.Frequency((4, Deeds.Array[2, 12]), (1, Deeds.Array[13, 64]));

    /// <summary>The limit, who races, those of a second wave after a connection was killed, and the limits to come.</summary>
    private static readonly Gen<(int Limit, Deed[] Racers, bool Kills, int[] Limits)> Races =
        Gen.Select(Gen.Int[0, 20], Racers, Gen.Int[0, 9].Select(n => n == 0), Gen.Int[0, 20].Array[1, 4]);

    [Fact]
    public async Task A_thousand_races_never_exceed_the_limit_and_leave_the_counter_equal_to_the_rows()
    {
        // A database of its own: connections are killed here.
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync(Tier.Pro);
        var track = new Track(api, tenant, await TenantAsync(tenant));
        var (created, refused) = (0, 0);

        await Races.SampleAsync(
            async race =>
            {
                var outcome = await track.RunAsync(race.Limit, race.Racers, race.Kills, race.Limits);
                Interlocked.Add(ref created, outcome.Created);
                Interlocked.Add(ref refused, outcome.Refused);
            },
            iter: Runs,
            threads: 1);

        // A thousand races in which everybody won, or nobody, would show nothing.
        created.ShouldBeGreaterThan(Runs);
        refused.ShouldBeGreaterThan(Runs);
    }

    private static async Task<Tenant> TenantAsync(TestTenant tenant) =>
        (await tenant.Api.Services.GetRequiredService<ITenantDirectory>().FindAsync(new HostKey(tenant.Slug, IsSlug: true)))!;

    /// <summary>One tenant, on which one race after the other is run.</summary>
    private sealed class Track(TestApi api, TestTenant tenant, Tenant resolved)
    {
        private static readonly EventContent Content = new()
        {
            Title = "Race",
            StartsAt = new DateTimeOffset(2035, 4, 1, 9, 0, 0, TimeSpan.Zero),
            EndsAt = new DateTimeOffset(2035, 4, 1, 17, 0, 0, TimeSpan.Zero),
        };

        private readonly Member _organizer = new()
        {
            Id = tenant.User(BuiltInRoles.Organizer).Id,
            SessionId = SessionId.New(TimeProvider.System.Now()),
            OrgId = tenant.Id,
            Email = "organizer@x.test",
            Name = "organizer",
            Roles = [BuiltInRoles.Organizer],
            Permissions = [Permissions.EventsWrite],
        };

        private readonly System.Collections.Concurrent.ConcurrentQueue<EventId> _made = new();
        private int _highest, _created, _refused;

        public async Task<(int Created, int Refused)> RunAsync(int limit, Deed[] racers, bool kills, int[] limits)
        {
            (_highest, _created, _refused) = (limit, 0, 0);
            _made.Clear();
            await api.ExecuteAsync(
                "with gone as (delete from events where org_id = $1) "
                + "update usage_counters set used = 0 where org_id = $1 and resource = 'events'", tenant.Id.Value);
            await LimitAsync(limit);
            var deeds = kills ? [.. racers, Deed.Kill] : racers;

            await Task.WhenAll(deeds.Select((deed, number) => Task.Run(() => ActAsync(deed, number, limits))));

            var (rows, used, last) = await LookAsync();
            used.ShouldBe(rows, "the counter and the rows");
            // Nobody is at work: there is room exactly when there is room.
            (await CreateOnceMoreAsync()).ShouldBe(rows < last, $"{rows} of {last}");
            return (_created, _refused);
        }

        /// <summary>The pool does not know of a connection that was killed while it was idle, until it is used.</summary>
        private async Task<bool> CreateOnceMoreAsync()
        {
            while (true)
            {
                try
                {
                    return await CreateAsync(CancellationToken.None);
                }
                catch (Exception failure) when (IsOfTheConnection(failure))
                {
                    (await LookAsync()).Rows.ShouldBeLessThanOrEqualTo(_highest);
                }
            }
        }

        private async Task ActAsync(Deed deed, int number, int[] limits)
        {
            try
            {
                switch (deed)
                {
                    case Deed.Create:
                        Interlocked.Increment(ref await CreateAsync(CancellationToken.None) ? ref _created : ref _refused);
                        break;
                    case Deed.GiveBack:
                        if (_made.TryDequeue(out var id)) await SendAsync(new CancelEvent(id), CancellationToken.None);
                        break;
                    case Deed.ChangeLimit:
                        await LimitAsync(limits[number % limits.Length]);
                        break;
                    case Deed.GoAway:
                        using (var gone = new CancellationTokenSource(TimeSpan.FromMicroseconds(number * 100)))
                            await CreateAsync(gone.Token);
                        break;
                    case Deed.Kill:
                        await api.ExecuteAsync(
                            """
                            select pg_terminate_backend(pid) from pg_stat_activity
                            where datname = current_database() and usename = 'application_role'
                              and query like '%usage_counters%' and state <> 'idle'
                            """);
                        break;
                    case Deed.Look:
                        var (rows, used, _) = await LookAsync();
                        used.ShouldBe(rows, "the counter and the rows, in one snapshot");
                        rows.ShouldBeLessThanOrEqualTo(Volatile.Read(ref _highest));
                        break;
                    default:
                        throw new ArgumentOutOfRangeException(nameof(deed), deed, "No such deed.");
                }
            }
            catch (Exception failure) when (failure is OperationCanceledException || IsOfTheConnection(failure))
            {
                // Gone, or killed: what matters is what is left.
            }
        }

        private static bool IsOfTheConnection(Exception failure)
        {
            for (var cause = failure; cause is not null; cause = cause.InnerException!)
                if (cause is NpgsqlException)
                    return true;
            return false;
        }

        private async Task<bool> CreateAsync(CancellationToken cancellationToken)
        {
            var answer = await SendAsync(new CreateEvent(Content), cancellationToken);
            if (answer.Error is { } refusal)
            {
                refusal.Code.ShouldBe("quota_exceeded");
                return false;
            }

            _made.Enqueue(answer.Value.Id);
            return true;
        }

        private async Task<Result<T>> SendAsync<T>(IGuardedRequest<T> request, CancellationToken cancellationToken)
        {
            await using var scope = api.Services.CreateAsyncScope();
            var caller = scope.ServiceProvider.GetRequiredService<HttpCaller>();
            (caller.Tenant, caller.Member, caller.RequestId) = (resolved, _organizer, "race");
            return await scope.ServiceProvider.GetRequiredService<ISender>().Send(request, cancellationToken);
        }

        /// <summary>What is allowed is raised before it is, and never lowered: rows of before a downgrade stay.</summary>
        private async Task LimitAsync(int limit)
        {
            for (var seen = _highest; seen < limit; seen = _highest)
                Interlocked.CompareExchange(ref _highest, limit, seen);
            await api.ExecuteAsync(
                """
                insert into tenant_overrides (org_id, entitlement, amount, reason, created_at) values ($1, 'events', $2, 'race', now())
                on conflict (org_id, entitlement) do update set amount = excluded.amount
                """,
                tenant.Id.Value, (long)limit);
        }

        private async Task<(long Rows, long Used, long Limit)> LookAsync()
        {
            var seen = await api.QueryAsync<long[]>(
                """
                select array[(select count(*) from events where org_id = $1 and status in ('draft', 'live')),
                  (select used from usage_counters where org_id = $1 and resource = 'events'),
                  (select amount from tenant_overrides where org_id = $1 and entitlement = 'events')]
                """,
                tenant.Id.Value);
            return (seen[0], seen[1], seen[2]);
        }
    }
}
