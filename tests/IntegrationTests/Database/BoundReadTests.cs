using System.Transactions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Programs;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Reads bind themselves, everything else is in a bound transaction or throws. After every case the one connection of
/// the pool is idle, nothing is bound on it, and the next read is right.
/// </summary>
public sealed class BoundReadTests : IClassFixture<OwnDatabase>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly OwnDatabase _database;
    private readonly WireTap _tap;
    private readonly NpgsqlDataSource _source;

    public BoundReadTests(OwnDatabase database)
    {
        _database = database;
        _tap = new WireTap(database.App);
        _source = database.AppSource(host: "127.0.0.1", port: _tap.Port);
    }

    public async ValueTask InitializeAsync()
    {
        await using var db = Context(OwnDatabase.A);
        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    /// <summary>What must be true after every case.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (var connection = await _source.OpenConnectionAsync(None))
        {
            (await connection.ScalarAsync<string>("select coalesce(current_setting('app.current_org_id', true), '')")).ShouldBe("");
            (await connection.ScalarAsync<long>("select count(*) from events")).ShouldBe(0);
        }

        await using (var superuser = await _database.SuperuserAsync())
        {
            (await superuser.ListAsync<string>(
                "select state from pg_stat_activity where datname = $1 and usename = 'application_role'", _database.Name))
                .ShouldAllBe(state => state == "idle");
        }

        await using (var next = Context(OwnDatabase.B))
            (await next.Events.ToListAsync(None)).Select(e => e.OrgId.Value).ShouldBe([OwnDatabase.B, OwnDatabase.B]);
        await _source.DisposeAsync();
        await _tap.DisposeAsync();
    }

    [Fact]
    public async Task A_read_sees_the_bound_tenant_also_without_the_filter()
    {
        await using var db = Context(OwnDatabase.A);

        (await db.Organizations.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.Id.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Users.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Roles.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.UserRoles.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Sessions.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.RefreshTokens.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Programs.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Registrations.IgnoreQueryFilters([QueryFilters.Tenant]).Select(x => x.OrgId.Value).ToListAsync(None)).ShouldBe([OwnDatabase.A]);
        (await db.Events.IgnoreQueryFilters([QueryFilters.Tenant, QueryFilters.Deleted]).Select(x => x.OrgId.Value).Distinct().ToListAsync(None))
            .ShouldBe([OwnDatabase.A]);
        (await db.Database.SqlQuery<Guid>($"select org_id as \"Value\" from events").Distinct().ToListAsync(None)).ShouldBe([OwnDatabase.A]);
    }

    [Fact]
    public async Task A_read_is_one_round_trip()
    {
        await using var db = Context(OwnDatabase.A);
        for (var n = 0; n < 3; n++)
        {
            _ = await db.Events.ToListAsync(None);
            _ = await db.Events.CountAsync(None);
            _ = await db.Events.AnyAsync(None);
        }

        (await _tap.CountAsync(async () => (await db.Events.ToListAsync(None)).Count.ShouldBe(OwnDatabase.EventsOfA))).ShouldBe(1);
        (await _tap.CountAsync(async () => (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA))).ShouldBe(1);
        (await _tap.CountAsync(async () => (await db.Events.AnyAsync(None)).ShouldBeTrue())).ShouldBe(1);
        // A break out of 20,000 rows drains the rest.
        (await _tap.CountAsync(async () =>
        {
            await foreach (var _ in Numbers(db)) break;
        })).ShouldBeLessThanOrEqualTo(2);
    }

    [Theory]
    [InlineData("select 1 / (x - 1) as \"Value\" from generate_series(1, 20000) x", "22012")]
    [InlineData("select 1 / (x - 15000) as \"Value\" from generate_series(1, 20000) x", "22012")]
    [InlineData("selekt 1", "42601")]
    [InlineData("select x as \"Value\" from no_such_table", "42P01")]
    public async Task An_error_leaves_nothing_behind(string sql, string state)
    {
        await using (var db = Context(OwnDatabase.A))
        {
            (await Sql.RefusalAsync(() => Raw(db, sql).ToListAsync(None))).State.ShouldBe(state);
            (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
        }

        await using (var db = Context(OwnDatabase.A))
        {
            // The same on a connection that the caller keeps open.
            await db.Database.OpenConnectionAsync(None);
            (await Sql.RefusalAsync(() => Raw(db, sql).ToListAsync(None))).State.ShouldBe(state);
            (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
            Should.Throw<PostgresException>(() => Raw(db, sql).ToList()).SqlState.ShouldBe(state);
            db.Events.Count().ShouldBe(OwnDatabase.EventsOfA);
        }
    }

    [Fact]
    public async Task An_early_dispose_with_an_error_to_come_tells_it()
    {
        await using var db = Context(OwnDatabase.A);
        await db.Database.OpenConnectionAsync(None);

        var refusal = await Sql.RefusalAsync(async () =>
        {
            var rows = Raw(db, "select 1 / (x - 19999) as \"Value\" from generate_series(1, 20000) x").AsAsyncEnumerable();
            await foreach (var _ in rows) break;
        });

        refusal.State.ShouldBe("22012");
        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    [Fact]
    public async Task An_early_dispose_drains_the_rest()
    {
        await using var db = Context(OwnDatabase.A);
        await db.Database.OpenConnectionAsync(None);

        await foreach (var _ in Numbers(db)) break;
        foreach (var _ in Raw(db, "select x as \"Value\" from generate_series(1, 20000) x")) break;

        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    [Fact]
    public async Task A_cancelled_read_leaves_nothing_behind()
    {
        await using var db = Context(OwnDatabase.A);
        await db.Database.OpenConnectionAsync(None);

        using (var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50)))
            await Should.ThrowAsync<OperationCanceledException>(
                () => Raw(db, "select 1 as \"Value\" from pg_sleep(5)").ToListAsync(soon.Token));
        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);

        using (var midway = new CancellationTokenSource())
            await Should.ThrowAsync<OperationCanceledException>(async () =>
            {
                await foreach (var n in Numbers(db).WithCancellation(midway.Token))
                    if (n == 10) await midway.CancelAsync();
                midway.Token.ThrowIfCancellationRequested();
            });
        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);

        using (var before = new CancellationTokenSource())
        {
            await before.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => db.Events.ToListAsync(before.Token));
        }

        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    [Fact]
    public async Task A_read_that_takes_too_long_ends()
    {
        await using var db = Context(OwnDatabase.A);
        db.Database.SetCommandTimeout(1);

        (await Should.ThrowAsync<InvalidOperationException>(() => Raw(db, "select 1 as \"Value\" from pg_sleep(5)").ToListAsync(None)))
            .GetBaseException().ShouldBeOfType<TimeoutException>();
        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    [Fact]
    public async Task A_read_does_not_write_or_lock()
    {
        await using var db = Context(OwnDatabase.A);

        foreach (var sql in new[]
        {
            "update events set title = 'x' returning id as \"Value\"",
            "delete from programs returning id as \"Value\"",
            "select id as \"Value\" from events for update",
            "with gone as (delete from programs returning id) select id as \"Value\" from gone",
            "select record_deed(gen_random_uuid(), now(), 'x', null, null, null)::text::uuid as \"Value\"",
        })
            (await Sql.RefusalAsync(() => Raw<Guid>(db, sql).ToListAsync(None))).State.ShouldBe("25006", sql);

        // The batch takes one statement: nobody writes "commit" into it.
        await Should.ThrowAsync<Exception>(() => Raw<Guid>(db, "select id as \"Value\" from events; commit; update events set title = 'x'").ToListAsync(None));
        (await db.Events.CountAsync(e => e.Title == "x", None)).ShouldBe(0);
        await Should.ThrowAsync<InvalidOperationException>(() => db.LockEventAsync(new EventId(OwnDatabase.A), None));
    }

    [Fact]
    public async Task A_second_reader_while_one_is_open_is_refused_as_always()
    {
        await using var db = Context(OwnDatabase.A);

        await foreach (var _ in Numbers(db))
        {
            await Should.ThrowAsync<NpgsqlOperationInProgressException>(() => db.Events.CountAsync(None));
            break;
        }

        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
        (await db.Users.CountAsync(None)).ShouldBe(1);
    }

    [Fact]
    public async Task Includes_and_split_queries_see_the_bound_tenant()
    {
        await using var db = Context(OwnDatabase.A);
        for (var n = 0; n < 3; n++) await ReadAsync();

        (await _tap.CountAsync(ReadAsync)).ShouldBe(3); // one, and one for each half of the split

        async Task ReadAsync()
        {
            (await db.Users.Include(u => u.Roles).SingleAsync(None)).Roles.Single().OrgId.Value.ShouldBe(OwnDatabase.A);
            var split = await db.Users.IgnoreQueryFilters([QueryFilters.Tenant]).Include(u => u.Roles).AsSplitQuery().ToListAsync(None);
            split.Single().Roles.Single().OrgId.Value.ShouldBe(OwnDatabase.A);
        }
    }

    [Fact]
    public async Task A_transaction_is_bound_before_its_first_statement()
    {
        await using var db = Context(OwnDatabase.A);
        for (var n = 0; n < 3; n++)
        {
            await using var warm = await db.Database.BeginTransactionAsync(None);
            _ = await db.Events.CountAsync(None);
        }

        await using (var transaction = await db.Database.BeginTransactionAsync(None))
        {
            (await _tap.CountAsync(async () => (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA))).ShouldBe(1);
            (await Sql.RefusalAsync(() => Raw(db, "select 1 / 0 as \"Value\"").ToListAsync(None))).State.ShouldBe("22012");
            (await Sql.RefusalAsync(() => db.Events.CountAsync(None))).State.ShouldBe("25P02");
            await transaction.RollbackAsync(None);
        }

        await using (await db.Database.BeginTransactionAsync(None))
            (await db.Database.ExecuteSqlAsync($"update events set title = 'abandoned'", None)).ShouldBe(OwnDatabase.EventsOfA);
        (await db.Events.CountAsync(e => e.Title == "abandoned", None)).ShouldBe(0);

        using (db.Database.BeginTransaction())
            db.Events.Count().ShouldBe(OwnDatabase.EventsOfA);
    }

    [Fact]
    public async Task Nobody_rebinds_or_borrows_a_transaction()
    {
        await using var db = Context(OwnDatabase.A);
        Should.Throw<InvalidOperationException>(() => db.Bind(new TenantBinding(new TenantId(OwnDatabase.B))));
        await using (await db.Database.BeginTransactionAsync(None))
            Should.Throw<InvalidOperationException>(() => db.Bind(new TenantBinding(new TenantId(OwnDatabase.A))));

        await using var other = Context(OwnDatabase.A);
        await other.Database.OpenConnectionAsync(None);
        await using var foreign = await ((NpgsqlConnection)other.Database.GetDbConnection()).BeginTransactionAsync(None);
        await Should.ThrowAsync<InvalidOperationException>(() => other.Database.UseTransactionAsync(foreign, None));
    }

    [Fact]
    public async Task What_writes_outside_a_transaction_is_not_sent()
    {
        await using var db = Context(OwnDatabase.A);
        _ = await db.Events.CountAsync(None);

        foreach (var act in new Func<Task>[]
        {
            () => db.Events.ExecuteUpdateAsync(set => set.SetProperty(e => e.Title, "x"), None),
            () => db.Programs.ExecuteDeleteAsync(None),
            () => db.Database.ExecuteSqlAsync($"update events set title = 'x'", None),
            () => Task.FromResult(db.Events.ExecuteUpdate(set => set.SetProperty(e => e.Title, "x"))),
            () => Task.FromResult(db.Database.ExecuteSql($"update events set title = 'x'")),
        })
            (await _tap.CountAsync(() => Should.ThrowAsync<InvalidOperationException>(act))).ShouldBe(0);

        (await db.Events.CountAsync(e => e.Title == "x", None)).ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Saving_opens_a_bound_transaction(int rows)
    {
        await using var db = Context(OwnDatabase.A);
        db.Roles.AddRange(NewRoles(OwnDatabase.A, rows));

        (await db.SaveChangesAsync(None)).ShouldBe(rows);

        await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(None);
            (await db.Roles.Where(r => r.Name != "owner").ExecuteDeleteAsync(None)).ShouldBe(rows);
            await transaction.CommitAsync(None);
        });

        db.Roles.AddRange(NewRoles(OwnDatabase.B, rows));
        ((PostgresException)Should.Throw<DbUpdateException>(() => db.SaveChanges()).InnerException!).SqlState.ShouldBe("42501");
    }

    [Fact]
    public async Task Texts_arrive_as_they_are()
    {
        await using var db = Context(OwnDatabase.A);
        var text = "a@p0 ; @b $1 :c -- d";

        (await db.Database.SqlQuery<string>($"select 'a@p0 ; @b' || {text} || {text} as \"Value\"").SingleAsync(None))
            .ShouldBe("a@p0 ; @b" + text + text);
        (await Raw<string>(db, @"select E'it\'s; @x' || $q$ ; @y $q$ as ""Value"" -- the end").ToListAsync(None)).ShouldBe(["it's; @x ; @y "]);
        (await Raw<bool>(db, "select '{{\"a\": 1}}'::jsonb @> '{{}}' and to_tsvector('word') @@ to_tsquery('word') as \"Value\";").ToListAsync(None)).ShouldBe([true]);
        (await db.Events.FromSql($"select * from events where title <> {text}").Where(e => e.Title != text).CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
        db.Events.Where(e => e.Title == text).ToQueryString().ShouldNotContain("begin");
    }

    [Fact]
    public async Task Without_a_tenant_everything_throws_and_nothing_is_sent()
    {
        await using var db = Context(tenant: null);

        foreach (var act in new Func<Task>[]
        {
            () => db.Events.ToListAsync(None),
            () => db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).ToListAsync(None),
            () => db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).CountAsync(None),
            () => db.Events.FromSql($"select * from events").IgnoreQueryFilters([QueryFilters.Tenant, QueryFilters.Deleted]).ToListAsync(None),
            () => Raw(db, "select 1 as \"Value\"").ToListAsync(None),
            () => db.Database.BeginTransactionAsync(None),
            () => db.Database.ExecuteSqlAsync($"select 1", None),
            () => db.Events.ExecuteUpdateAsync(set => set.SetProperty(e => e.Title, "x"), None),
            () => db.Programs.IgnoreQueryFilters([QueryFilters.Tenant]).ExecuteDeleteAsync(None),
            () => Task.FromResult(db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).ToList()),
            () => Task.FromResult(db.Database.BeginTransaction()),
            () => Task.FromResult(db.Database.ExecuteSql($"select 1")),
            () =>
            {
                db.Roles.AddRange(NewRoles(OwnDatabase.A, 1));
                return db.SaveChangesAsync(None);
            },
        })
            (await _tap.CountAsync(() => Should.ThrowAsync<InvalidOperationException>(act))).ShouldBe(0);
    }

    [Fact]
    public async Task A_pooled_context_forgets_its_tenant()
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseTenants(_source);
        var factory = new PooledDbContextFactory<AppDbContext>(options.Options, poolSize: 1);
        AppDbContext first;
        await using (first = await factory.CreateDbContextAsync(None))
        {
            first.Bind(new TenantBinding(new TenantId(OwnDatabase.A)));
            (await first.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
        }

        await using var second = await factory.CreateDbContextAsync(None);
        second.ShouldBeSameAs(first);
        await Should.ThrowAsync<InvalidOperationException>(() => second.Events.CountAsync(None));
        await Should.ThrowAsync<InvalidOperationException>(() => second.Database.BeginTransactionAsync(None));
        second.Bind(new TenantBinding(new TenantId(OwnDatabase.B)));
        (await second.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfB);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_that_cannot_start_gives_its_connection_back(bool bound)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseTenants(_source);
        var factory = new PooledDbContextFactory<AppDbContext>(options.Options, poolSize: 2);
        await using (var db = await factory.CreateDbContextAsync(None))
        {
            if (bound)
            {
                db.Bind(new TenantBinding(new TenantId(OwnDatabase.A)));
                await KillAsync(); // the binding is the first to notice
            }

            await Should.ThrowAsync<Exception>(() => db.Database.BeginTransactionAsync(None));
            db.Database.GetDbConnection().State.ShouldBe(System.Data.ConnectionState.Closed);
            if (!bound) Should.Throw<Exception>(() => db.Database.BeginTransaction());
            db.Database.GetDbConnection().State.ShouldBe(System.Data.ConnectionState.Closed);
        }
    }

    [Fact]
    public async Task An_ambient_transaction_is_refused()
    {
        await using (var db = Context(OwnDatabase.A))
        {
#pragma warning disable RS0030 // it is banned: this is why
            using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            await Should.ThrowAsync<InvalidOperationException>(() => db.Events.CountAsync(None));
            Should.Throw<InvalidOperationException>(() => db.Events.Count());
            await Should.ThrowAsync<InvalidOperationException>(() => db.Database.ExecuteSqlAsync($"update events set title = 'x'", None));
            scope.Complete();
#pragma warning restore RS0030
        }

        await using var after = Context(OwnDatabase.A);
        (await after.Events.CountAsync(e => e.Title == "x", None)).ShouldBe(0);
    }

    [Fact]
    public void Synchronous_reads_are_bound_too()
    {
        using var db = Context(OwnDatabase.A);

        db.Events.IgnoreQueryFilters([QueryFilters.Tenant]).ToList().ShouldAllBe(e => e.OrgId.Value == OwnDatabase.A);
        db.Events.Count().ShouldBe(OwnDatabase.EventsOfA);
        db.Users.Include(u => u.Roles).AsSplitQuery().Single().Roles.Count.ShouldBe(1);
        Should.Throw<PostgresException>(() => Raw<Guid>(db, "update events set title = 'x' returning id as \"Value\"").ToList()).SqlState.ShouldBe("25006");
    }

    [Fact]
    public async Task A_connection_that_died_in_the_pool_fails_once()
    {
        await KillAsync();

        await using var db = Context(OwnDatabase.A);
        try
        {
            _ = await db.Events.CountAsync(None);
        }
        catch (Exception broken) when (broken.GetBaseException() is NpgsqlException or IOException)
        {
            // Or it was noticed before: both are right.
        }

        (await db.Events.CountAsync(None)).ShouldBe(OwnDatabase.EventsOfA);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Saving_a_change_of_a_row_that_is_not_there_is_noticed(bool missing, bool delete)
    {
        var program = await ForeignProgramAsync(missing);
        await using var db = Context(OwnDatabase.A);
        Change(db, program, delete);

        await Should.ThrowAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(None));

        (await UntouchedAsync()).ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_set_based_change_of_another_tenants_row_says_zero(bool delete)
    {
        var program = await ForeignProgramAsync(missing: false);
        await using var db = Context(OwnDatabase.A);
        await using var transaction = await db.Database.BeginTransactionAsync(None);
        var named = db.Programs.IgnoreQueryFilters([QueryFilters.Tenant]).Where(p => p.Id == program.Id);

        (delete ? await named.ExecuteDeleteAsync(None) : await named.ExecuteUpdateAsync(set => set.SetProperty(p => p.Room, "x"), None))
            .ShouldBe(0);

        await transaction.CommitAsync(None);
        (await UntouchedAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_foreign_row_among_own_ones_saves_none_of_them()
    {
        var foreign = await ForeignProgramAsync(missing: false);
        await using var db = Context(OwnDatabase.A);
        Change(db, await db.Programs.SingleAsync(None), delete: false);
        Change(db, foreign, delete: false);

        await Should.ThrowAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync(None));

        (await UntouchedAsync()).ShouldBe(2);
    }

    private static IQueryable<int> Raw(AppDbContext db, string sql) => Raw<int>(db, sql);

#pragma warning disable RS0030 // constants of these tests
    private static IQueryable<T> Raw<T>(AppDbContext db, string sql) => db.Database.SqlQueryRaw<T>(sql);
#pragma warning restore RS0030

    private static IAsyncEnumerable<int> Numbers(AppDbContext db) =>
        Raw(db, "select x as \"Value\" from generate_series(1, 20000) x").AsAsyncEnumerable();

    private static void Change(AppDbContext db, EventProgram program, bool delete)
    {
        db.Attach(program);
        if (delete) db.Remove(program);
        else db.Entry(program).Property(p => p.Room).CurrentValue = "Room of somebody else";
    }

    private static IEnumerable<Role> NewRoles(Guid org, int count) => BuiltInRoles.All.Keys.Take(count)
        .Select(name => Role.FromBuiltIn(new TenantId(org), name, TimeProvider.System.GetUtcNow()));

    private AppDbContext Context(Guid? tenant) => OwnDatabase.Context(_source, tenant);

    private async Task KillAsync()
    {
        await using var superuser = await _database.SuperuserAsync();
        await superuser.ExecuteAsync(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and usename = 'application_role'", _database.Name);
    }

    private async Task<EventProgram> ForeignProgramAsync(bool missing)
    {
        await using var db = Context(missing ? OwnDatabase.A : OwnDatabase.B);
        var program = await db.Programs.SingleAsync(None);
        if (!missing) return program;

        // The same row under an id that nobody has.
        var entry = db.Entry(program);
        var copy = (EventProgram)entry.CurrentValues.ToObject();
        var stranger = db.Entry(copy);
        stranger.Property(p => p.Id).CurrentValue = ProgramId.New(TimeProvider.System.GetUtcNow());
        stranger.State = EntityState.Detached;
        return copy;
    }

    private async Task<long> UntouchedAsync()
    {
        await using var superuser = await _database.SuperuserAsync();
        return await superuser.ScalarAsync<long>("select count(*) from programs where room is null and title = 'Keynote'");
    }
}
