using System.Collections.Concurrent;
using System.Data.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>Every row that is read belongs to whom the reader was bound to; who was not bound reads nothing.</summary>
internal sealed class Oracle
{
    private long _checks, _leaks, _shortReads, _unboundPassed;

    public ConcurrentQueue<Exception> Unexpected { get; } = [];

    public long Checks => _checks;

    public long Leaks => _leaks;

    public override string ToString() =>
        $"leaks {_leaks}, short reads {_shortReads}, unbound passed {_unboundPassed}, unexpected {Unexpected.Count}"
        + string.Concat(Unexpected.Take(3).Select(e => "\n" + e));

    public void Saw(Guid? bound, IReadOnlyCollection<Guid> owners, int? expected = null)
    {
        Interlocked.Increment(ref _checks);
        if (owners.Any(owner => owner != bound)) Interlocked.Increment(ref _leaks);
        else if (expected is { } n && owners.Count != n) Interlocked.Increment(ref _shortReads);
    }

    /// <param name="act">What nobody is bound for; the owners of the rows that it read all the same.</param>
    public async Task RefusesAsync(Func<Task<IReadOnlyCollection<Guid>>> act)
    {
        Interlocked.Increment(ref _checks);
        try
        {
            var owners = await act();
            Interlocked.Increment(ref _unboundPassed);
            Saw(bound: null, owners);
        }
        catch (InvalidOperationException refused) when (refused.GetBaseException() is not NpgsqlException)
        {
            // As it must be.
        }
    }

    public void ShouldBeClean() => ToString().ShouldBe("leaks 0, short reads 0, unbound passed 0, unexpected 0");
}

/// <summary>How a context's connection is told whom it is for.</summary>
internal delegate DbContextOptionsBuilder Binding(DbContextOptionsBuilder builder, NpgsqlDataSource source);

/// <summary>
/// As it must not be: the session is told, once for each lease of a connection, and nobody takes it back.
/// </summary>
internal sealed class SessionBinding : DbConnectionInterceptor
{
    public static DbContextOptionsBuilder Use(DbContextOptionsBuilder builder, NpgsqlDataSource source) =>
        builder.UseNpgsql(source).UseSnakeCaseNamingConvention()
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).AddInterceptors(new SessionBinding());

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (TenantOf(eventData.Context) is { } tenant)
            await ((NpgsqlConnection)connection).ScalarAsync<string>(
                "select set_config('app.current_org_id', $1, false)", $"{tenant}");
    }

    private static Guid? TenantOf(DbContext? context)
    {
        try
        {
            return ((AppDbContext)context!).OrgId.Value;
        }
        catch (InvalidOperationException)
        {
            return null; // bound to nobody
        }
    }
}

/// <summary>Many tenants, few connections, everything that can go wrong with them, at once.</summary>
internal sealed class PoolFuzz(NpgsqlDataSource source, Func<Task> kill, int operations, Binding? binding = null)
{
    private const int Kinds = 24;

    public const int Tenants = 200, Tasks = 32, EventsOfEach = 3;

    private static readonly Func<AppDbContext, IAsyncEnumerable<Guid>> Compiled =
        EF.CompileAsyncQuery((AppDbContext db) => db.Events
            .IgnoreQueryFilters(new[] { QueryFilters.Tenant }).Select(e => e.OrgId.Value));

    private readonly PooledDbContextFactory<AppDbContext> _contexts =
        new(Options(source, binding ?? AppDbContextOptions.UseTenants), poolSize: Tasks);
    private int _started;

    public Oracle Oracle { get; } = new();

    public static Guid Tenant(int n) => new($"0197a000-0000-7000-8000-{n:x12}");

    public static async Task SeedAsync(NpgsqlConnection superuser)
    {
        await superuser.ExecuteAsync(
            $$"""
            create temporary table seeded on commit drop as
              select ('0197a000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as org, 'fuzz-' || n as slug
              from generate_series(0, {{Tenants - 1}}) n;
            insert into tenant_slugs (slug, org_id) select slug, org from seeded;
            insert into organizations
              (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
              select org, slug, slug, 'pro', 'active', now(), 'ko', 'Asia/Seoul', 'KRW', 1, now(), now() from seeded;
            insert into roles (org_id, id, name, permissions, built_in, version, created_at)
              select org, org, 'owner', '{}', true, 1, now() from seeded;
            insert into users
              (org_id, id, email, normalized_email, name, password_hash, status, version, created_at, updated_at)
              select org, org, 'k@x.test', 'k@x.test', 'Kim', 'x', 'active', 1, now(), now() from seeded;
            insert into user_roles (org_id, user_id, role_id) select org, org, org from seeded;
            insert into events
              (org_id, id, slug, status, title, starts_at, ends_at, time_zone, registered, attendance_mode, visibility,
               currency, version, created_at, updated_at)
              select org, gen_random_uuid(), 'event-' || n, 'live', slug, now(), now() + interval '1 hour',
               'Asia/Seoul', 0, 'in_person', 'public', 'KRW', 1, now(), now()
              from seeded cross join generate_series(1, {{EventsOfEach}}) n
            """);
    }

    public async Task RunAsync() =>
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (Interlocked.Increment(ref _started) is var n && n <= operations)
            {
                if (n % 500 == 0) await kill();
                try
                {
                    await OneAsync(random);
                }
                catch (Exception failure) when (IsCut(failure) || IsVictim(failure))
                {
                    // The backend was killed under it, or two of one tenant waited for each other.
                }
                catch (Exception failure)
                {
                    Oracle.Unexpected.Enqueue(failure);
                }
            }
        })));

    private static DbContextOptions<AppDbContext> Options(NpgsqlDataSource source, Binding binding)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        binding(options, source);
        return options.Options;
    }

    /// <summary>57P01 is the kill; behind a pooler it is a broken connection or 08P01.</summary>
    private static bool IsCut(Exception failure) => failure is AggregateException many
        ? many.InnerExceptions.All(IsCut)
        : failure.GetBaseException() is PostgresException { SqlState: "57P01" or "08P01" or "08006" } or IOException
            or System.Net.Sockets.SocketException
            || (failure.GetBaseException() is NpgsqlException and not PostgresException);

    private static bool IsVictim(Exception failure) =>
        failure.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };

    private async Task OneAsync(Random random)
    {
        var tenant = Tenant(random.Next(Tenants));
        await using var db = await _contexts.CreateDbContextAsync();
        var kind = random.Next(Kinds);
        if (kind == 0)
        {
            await UnboundAsync(db, random.Next(5));
            return;
        }

        db.Bind(new TenantBinding(new TenantId(tenant)));
        switch (kind)
        {
            case 1 or 2 or 3:
                Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
                break;
            case 4 or 5:
                var rows = new List<Guid>();
                await foreach (var owner in Compiled(db)) rows.Add(owner);
                Oracle.Saw(tenant, rows, EventsOfEach);
                break;
            case 6:
                await FailsAsync(
                    () => Raw(db, "select (1 / (random() * 0)::int)::text::uuid as \"Value\"").ToListAsync());
                break;
            case 7:
                await FailsAsync(() => Raw(db, Stream(1 + random.Next(2000), "null::uuid")).ToListAsync());
                break;
            case 8:
                using (var soon = new CancellationTokenSource(random.Next(1, 4)))
                    await FailsAsync(() => Raw(db, "select org_id as \"Value\" from events, pg_sleep(0.02)")
                        .ToListAsync(soon.Token));
                break;
            case 9:
                await EarlyAsync(db, tenant);
                break;
            case 10:
                await using (var transaction = await db.Database.BeginTransactionAsync())
                {
                    Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
                    await db.Database.ExecuteSqlAsync($"update events set version = version + 1");
                    await transaction.CommitAsync();
                }

                break;
            case 11:
                await using (await db.Database.BeginTransactionAsync())
                {
                    await db.Events.IgnoreQueryFilters([QueryFilters.Tenant])
                        .ExecuteUpdateAsync(set => set.SetProperty(e => e.Title, "abandoned"));
                    Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
                }

                break;
            case 12:
                await using (await db.Database.BeginTransactionAsync())
                    await FailsAsync(
                    () => Raw(db, "select (1 / 0)::text::uuid as \"Value\"").ToListAsync());
                break;
            case 13:
                var users = db.Users.IgnoreQueryFilters([QueryFilters.Tenant]).Include(u => u.Roles).AsSplitQuery();
                foreach (var user in await users.ToListAsync())
                    Oracle.Saw(tenant, [user.OrgId.Value, .. user.Roles.Select(r => r.OrgId.Value)], 2);
                break;
            case 14:
                await KeptOpenAsync(db, tenant);
                break;
            case 15:
                await TimedOutAsync(db, tenant);
                break;
            case 16:
                await BatchAsync(db, tenant);
                break;
            case 17:
                await SavedAsync(db, tenant, commits: true);
                break;
            case 18:
                await SavedAsync(db, tenant, commits: false);
                break;
            case 19:
                await AgainAsync(db, tenant);
                break;
            case 20:
                await ThrowsAsync(db, tenant);
                break;
            default:
                await TwoAsync(db, tenant, Tenant(random.Next(Tenants)));
                break;
        }

        // Whatever happened, the same context goes on.
        Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
    }

    private async Task UnboundAsync(AppDbContext db, int kind) => await Oracle.RefusesAsync(async () =>
    {
        switch (kind)
        {
            case 0:
                return await Everything(db).ToListAsync();
            case 1:
                await db.Database.BeginTransactionAsync();
                return [];
            case 2:
                return await Raw(db, "select org_id as \"Value\" from events").ToListAsync();
            case 3:
                await db.Programs.IgnoreQueryFilters([QueryFilters.Tenant]).ExecuteDeleteAsync();
                return [];
            default:
                await db.Database.ExecuteSqlAsync($"select 1");
                return [];
        }
    });

    /// <summary>The limit ends the statement and is gone with its transaction.</summary>
    private async Task TimedOutAsync(AppDbContext db, Guid tenant)
    {
        await using (await db.Database.BeginTransactionAsync())
        {
            await db.Database.ExecuteSqlAsync($"set local statement_timeout = '3ms'");
            await FailsAsync(() => Raw(db, "select org_id as \"Value\" from events, pg_sleep(0.05)").ToListAsync());
        }

        Oracle.Saw(
            tenant,
            await Raw(db, "select org_id as \"Value\" from events where current_setting('statement_timeout') = '15s'")
                .ToListAsync(),
            EventsOfEach);
    }

    /// <summary>Several statements in one round trip, underneath EF.</summary>
    private async Task BatchAsync(AppDbContext db, Guid tenant)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection())
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select org_id from events"),
                new NpgsqlBatchCommand("update events set version = version + 1 returning org_id"),
                new NpgsqlBatchCommand("select org_id from events for update"),
            },
        };
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            do
            {
                var rows = new List<Guid>();
                while (await reader.ReadAsync()) rows.Add(reader.GetGuid(0));
                Oracle.Saw(tenant, rows, EventsOfEach);
            }
            while (await reader.NextResultAsync());
        }

        await transaction.CommitAsync();
    }

    /// <summary>EF's own transaction of SaveChanges, and one that is left before it is committed.</summary>
    private async Task SavedAsync(AppDbContext db, Guid tenant, bool commits)
    {
        var events = await db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).AsTracking().ToListAsync();
        Oracle.Saw(tenant, [.. events.Select(e => e.OrgId.Value)], EventsOfEach);
        db.Entry(events[0]).Property(e => e.Title).CurrentValue = commits ? $"saved for {tenant}" : "abandoned";
        try
        {
            if (commits)
                await db.SaveChangesAsync();
            else
                await using (await db.Database.BeginTransactionAsync())
                    await db.SaveChangesAsync();
        }
        catch (DbUpdateConcurrencyException)
        {
            // Somebody of the same tenant was faster.
        }

        db.ChangeTracker.Clear();
    }

    private async Task AgainAsync(AppDbContext db, Guid tenant)
    {
        for (var n = 0; n < 3; n++)
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
            if (n == 1) await transaction.RollbackAsync();
            else await transaction.CommitAsync();
        }
    }

    /// <summary>Our own mistake in the middle of a command.</summary>
    private async Task ThrowsAsync(AppDbContext db, Guid tenant)
    {
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlAsync($"update events set title = 'abandoned'");
            await foreach (var owner in Everything(db).AsAsyncEnumerable())
            {
                Oracle.Saw(tenant, [owner]);
                throw new MistakeException();
            }
        }
        catch (MistakeException)
        {
            // As meant.
        }
    }

    private async Task EarlyAsync(AppDbContext db, Guid tenant)
    {
        var many = Raw(db, "select e.org_id as \"Value\" from events e, generate_series(1, 2000)");
        await foreach (var owner in many.AsAsyncEnumerable())
        {
            Oracle.Saw(tenant, [owner]);
            break;
        }
    }

    private async Task KeptOpenAsync(AppDbContext db, Guid tenant)
    {
        await db.Database.OpenConnectionAsync();
        try
        {
            await FailsAsync(() => Raw(db, Stream(1500, "org_id")).ToListAsync());
            Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
            await FailsAsync(
                () => Raw(db, "update events set title = 'x' returning org_id as \"Value\"").ToListAsync());
            Oracle.Saw(tenant, await Everything(db).ToListAsync(), EventsOfEach);
        }
        finally
        {
            await db.Database.CloseConnectionAsync(); // a pooled context would keep it
        }
    }

    private async Task TwoAsync(AppDbContext db, Guid tenant, Guid otherTenant)
    {
        await using var other = await _contexts.CreateDbContextAsync();
        other.Bind(new TenantBinding(new TenantId(otherTenant)));
        var reads = (Everything(db).ToListAsync(), Everything(other).ToListAsync());
        await Task.WhenAll(reads.Item1, reads.Item2);
        Oracle.Saw(tenant, await reads.Item1, EventsOfEach);
        Oracle.Saw(otherTenant, await reads.Item2, EventsOfEach);
    }

    private static async Task FailsAsync(Func<Task<List<Guid>>> act)
    {
        try
        {
            await act();
        }
        catch (Exception expected) when (expected is OperationCanceledException
            || expected.GetBaseException() is PostgresException { SqlState: "22012" or "25006" or "57014" or "22P02" })
        {
            // As meant.
        }
    }

    private sealed class MistakeException : Exception;

    private static IQueryable<Guid> Everything(AppDbContext db) =>
        db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).Select(e => e.OrgId.Value);

    private static string Stream(int errorAt, string value) =>
        $"select case when 1 / (n - {errorAt}) > 5 then {value} else {value} end as \"Value\" "
        + "from events, generate_series(1, 2000) n";

#pragma warning disable RS0030 // constants of these tests
    private static IQueryable<Guid> Raw(AppDbContext db, string sql) => db.Database.SqlQueryRaw<Guid>(sql);
#pragma warning restore RS0030
}
