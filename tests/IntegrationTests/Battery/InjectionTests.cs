using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>
/// Suppose that somebody could write SQL: what would it give, statement by statement? That nobody can is shown by
/// <see cref="HttpInjectionTests"/>, and by ArchitectureTests: raw SQL stands in Persistence, and its interpolated
/// forms are the only ones that compile.
/// </summary>
public sealed partial class InjectionTests(TestHost host, OwnDatabase database)
    : IClassFixture<OwnDatabase>, IAsyncLifetime
{
    private static readonly ConcurrentDictionary<string, Task<Baseline>> Baselines = new();

    private NpgsqlConnection _superuser = null!;
    private NpgsqlConnection _victim = null!;
    private Baseline _baseline = null!;

    /// <summary>What is A's and B's alone, and how everything stood before the first statement.</summary>
    private sealed record Baseline(string[] OfA, string[] OfB, string State);

    public static TheoryData<string> Fragments => [.. Payloads.Fragments.Select(p => p.Name)];

    public static TheoryData<string> Stacked => [.. Payloads.Stacked.Select(p => p.Name)];

    public async ValueTask InitializeAsync()
    {
        _superuser = await database.SuperuserAsync();
        _baseline = await Baselines.GetOrAdd(database.Name, _ => ReadBaselineAsync());
        await PlantVictimAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _victim.DisposeAsync();
        await _superuser.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Fragments))]
    public async Task A_piece_of_a_read(string name)
    {
        using var block = Tally.Start("SQL, injection, a piece of a read");
        var payload = Payloads.Fragments.Single(p => p.Name == name);
        await using var source = database.AppSource();

        var outcome = await RunAsync(async () =>
        {
            await using var db = OwnDatabase.Context(source, OwnDatabase.A);
            return await Raw(db, Payloads.Read + payload.Sql.Single())
                .ToListAsync(TestContext.Current.CancellationToken);
        });

        Judge(payload, outcome);
        // Whatever it left on the one connection: who comes next sees its own.
        (Guid, int)[] next = [(OwnDatabase.B, OwnDatabase.EventsOfB), (OwnDatabase.A, OwnDatabase.EventsOfA)];
        foreach (var (tenant, events) in next)
        {
            await using var db = OwnDatabase.Context(source, tenant);
            (await Raw(db, "select org_id::text as \"Value\" from events")
                .ToListAsync(TestContext.Current.CancellationToken))
                .ShouldBe(Enumerable.Repeat($"{tenant}", events));
        }

        (await StateAsync()).ShouldBe(_baseline.State);
        block.Count(payload.Verdict.ToString());
    }

    [Theory]
    [MemberData(nameof(Stacked))]
    public async Task Any_statements(string name)
    {
        using var block = Tally.Start("SQL, injection, any statements");
        var payload = Payloads.Stacked.Single(p => p.Name == name);
        for (var attempt = 1; !await TryAsync(payload, isLast: attempt == 5); attempt++)
            await Task.Delay(100, TestContext.Current.CancellationToken);

        (await StateAsync()).ShouldBe(_baseline.State);
        block.Count(payload.Verdict.ToString());
    }

    /// <summary>data.md says so; here it is shown, so that nobody believes otherwise.</summary>
    [Fact]
    public async Task The_residual_who_can_write_SQL_can_bind_another_tenant()
    {
        await using var app = await database.OpenAsync(database.App);
        await app.ExecuteAsync("begin");
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);

        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.B);
        (await app.ListAsync<Guid>("select org_id from events"))
            .ShouldBe(Enumerable.Repeat(OwnDatabase.B, OwnDatabase.EventsOfB));
        (await app.ExecuteAsync("update events set title = title")).ShouldBe(OwnDatabase.EventsOfB);
    }

    /// <summary>Everything else that the battery lets through is in the list as what it is.</summary>
    [Fact]
    public void The_residual_is_one_it_is_the_setting()
    {
        var residual = Payloads.Fragments.Concat(Payloads.Stacked).Where(p => p.Verdict == Verdict.Residual).ToList();

        residual.ShouldNotBeEmpty();
        residual.ShouldAllBe(p => p.Sql.Any(sql => Binding().IsMatch(sql)));
    }

    [Fact]
    public void There_are_many_payloads_each_once()
    {
        string[] all =
            [.. Payloads.Fragments.Select(p => "read: " + p.Name), .. Payloads.Stacked.Select(p => p.Name)];

        all.Length.ShouldBeGreaterThan(100);
        all.Distinct().Count().ShouldBe(all.Length);
    }

    /// <summary>In the extended protocol, which is the only one that Npgsql speaks for a batch command.</summary>
    [Fact]
    public async Task A_batch_command_takes_one_statement_only()
    {
        await using var app = await database.OpenAsync(database.App);
        await using var batch = new NpgsqlBatch(app)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select 1; select 2")
                {
                    Parameters = { new NpgsqlParameter<Guid> { TypedValue = OwnDatabase.A } },
                },
            },
        };

        (await Sql.RefusalAsync(() => batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)))
            .State.ShouldBe("42601");
    }

    [Fact]
    public async Task What_each_definer_function_gives_is_listed() =>
        (await CallableDefinersAsync()).ShouldBe(
            Payloads.Definers.Keys, ignoreOrder: true,
            "A function with its owner's rights: list in Payloads.Definers what it gives to who may write SQL.");

    [Fact]
    public async Task A_new_definer_function_is_seen()
    {
        await using var transaction = await _superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await _superuser.ExecuteAsync(
            "create function peek() returns bigint language sql security definer as 'select count(*) from events'");

        (await CallableDefinersAsync()).ShouldContain("peek()");
    }

    private Task<List<string>> CallableDefinersAsync() => _superuser.ListAsync<string>(
        """
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
          and has_function_privilege('application_role', p.oid, 'execute')
        """);

    /// <summary>
    /// A role may drop what depends on it: the policies are for application_role alone, so they go. Forced and without
    /// a policy, the tables show nothing to anybody: an outage that the readiness check names, and no leak.
    /// </summary>
    [Fact]
    public async Task Dropping_what_the_role_owns_closes_the_fence_and_opens_nothing()
    {
        await using var app = await database.OpenAsync(database.App);
        await app.ExecuteAsync("begin");
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);
        (await app.ScalarAsync<long>("select count(*) from events")).ShouldBe(OwnDatabase.EventsOfA);

        await app.ExecuteAsync("drop owned by application_role");

        (await app.ScalarAsync<long>("select count(*) from events")).ShouldBe(0);
        (await app.ScalarAsync<long>(
            "select count(*) from pg_policy where 'application_role'::regrole = any(polroles)")).ShouldBe(0);
        (await app.ScalarAsync<bool>(
            "select bool_and(relrowsecurity and relforcerowsecurity) from pg_class where relname in ('events', 'users')"))
            .ShouldBeTrue();
        await app.ExecuteAsync("rollback");
    }

    /// <summary>The lists themselves: a hole that is planted is judged as one.</summary>
    [Fact]
    public async Task A_hole_is_seen_by_the_same_judge()
    {
        await using var transaction = await _superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await _superuser.ExecuteAsync("create policy open on events for select to application_role using (true)");
        await _superuser.ExecuteAsync("set local role application_role");
        await _superuser.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);
        var payload = Payloads.Stacked.Single(p => p.Name == "PREPARE");

        var outcome = await RunAsync(() => TextAsync(_superuser, "select title from events"));

        Should.Throw<ShouldAssertException>(() => Judge(payload, outcome));
    }

    [Fact]
    public async Task Resolving_gives_one_id_for_an_exact_name_and_no_list()
    {
        await using var app = await database.OpenAsync(database.App);

        (await app.ListAsync<Guid>("select resolve_tenant('tenant-b', null)")).ShouldBe([OwnDatabase.B]);
        foreach (var guess in new[] { "tenant-%", "%", "", "TENANT-B", "tenant-b' or true --", "tenant-b\\" })
            (await app.ScalarAsync<bool>("select resolve_tenant($1, $1) is null", guess)).ShouldBeTrue(guess);
    }

    [Fact]
    public async Task A_forged_deed_is_the_bound_tenants()
    {
        await using var app = await database.OpenAsync(database.App);
        await app.ExecuteAsync("begin");
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);

        await app.ExecuteAsync("select record_deed(gen_random_uuid(), now(), 'forged', $1, $1, 'x')", OwnDatabase.B);

        (await app.ListAsync<Guid>("select org_id from audit_logs where action = 'forged'")).ShouldBe([OwnDatabase.A]);
    }

    /// <summary>Any role may listen: what it hears of other tenants is a kind and an id.</summary>
    [Fact]
    public async Task Listening_gives_ids_only()
    {
        await using var listener = await database.OpenAsync(
            host.Postgres.ConnectionString(host.Api.Database, "application_role") + ";Pooling=false");
        var heard = new List<string>();
        listener.Notification += (_, notification) => heard.Add($"{notification.Channel} {notification.Payload}");
        foreach (var channel in new[] { "cleantenancy", "public" }) await listener.ExecuteAsync($"listen {channel}");
        var tenant = await host.NewTenantAsync();
        var token = (await tenant.SignedInAsync(BuiltInRoles.SuperAdmin)).AccessToken();

        await tenant.Anonymous.With(token).PostAsync("/v1/auth/logout");
        while (!heard.Exists(text => text.Contains($"{AuthSteps.SessionOf(token)}", StringComparison.Ordinal)))
            (await listener.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).ShouldBeTrue();

        heard.ShouldAllBe(text => Signal().IsMatch(text));
    }

    /// <returns>Whether it was judged. Roles are the cluster's: other tests may be making them just now.</returns>
    private async Task<bool> TryAsync(Payload payload, bool isLast)
    {
        await using var app = await database.OpenAsync(database.App);
        await app.ExecuteAsync("begin");
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);

        var outcome = await RunAsync(async () =>
        {
            foreach (var sql in payload.Sql[..^1]) await app.ExecuteAsync(await WithNamesAsync(sql));
            return await TextAsync(app, await WithNamesAsync(payload.Sql[^1]));
        });

        if (outcome.Refusal?.SqlState is "XX000" or "55P03" && payload.IsUndone && !isLast) return false;

        Judge(payload, outcome);
        // Committed, so that what it did would last.
        await Sql.RefusalAsync(() => app.ExecuteAsync(payload.IsUndone ? "rollback" : "commit"));
        return true;
    }

    private static async Task<(List<string> Texts, PostgresException? Refusal)> RunAsync(Func<Task<List<string>>> act)
    {
        try
        {
            return (await act(), null);
        }
        catch (PostgresException refused)
        {
            return ([], refused);
        }
    }

    private void Judge(Payload payload, (List<string> Texts, PostgresException? Refusal) outcome)
    {
        var (texts, refusal) = outcome;
        var seen = string.Join('\n', texts);
        var said = refusal is null ? "" : $"{refusal.SqlState} {refusal.MessageText} {refusal.Detail}";
        Foreign(payload, said).ShouldBeEmpty(said);
        if (payload.Verdict == Verdict.Refused)
        {
            payload.Says.Split(' ').ShouldContain(refusal?.SqlState ?? "allowed", $"{said}\n{seen}");
            return;
        }

        said.ShouldBeEmpty();
        if (payload.Verdict == Verdict.Residual)
        {
            Foreign(payload, seen).ShouldNotBeEmpty("no residual any more: a better verdict is due");
            return;
        }

        Foreign(payload, seen).ShouldBeEmpty(seen);
        if (payload.Verdict == Verdict.Nothing) texts.ShouldBeEmpty();
        else texts.ShouldNotBeEmpty();
        if (payload.Verdict == Verdict.Own) _baseline.OfA.ShouldContain(own => seen.Contains(own));
    }

    /// <summary>What of B's stands in a text that the attacker did not put there.</summary>
    private List<string> Foreign(Payload payload, string text) =>
    [
        .. _baseline.OfB.Where(canary => text.Contains(canary, StringComparison.OrdinalIgnoreCase)
            && !payload.Sql[^1].Contains(canary, StringComparison.OrdinalIgnoreCase)),
    ];

    /// <summary>Every id of a tenant's rows, and the name that all its texts begin with.</summary>
    private async Task<Baseline> ReadBaselineAsync()
    {
        await _superuser.ExecuteAsync("analyze"); // else there are no statistics to be read
        (await _superuser.ScalarAsync<long>("select count(*) from pg_stats where tablename = 'events'"))
            .ShouldBePositive();
        var tables = await Catalogue.TablesAsync(_superuser);
        var (ofA, ofB) = (await IdsAsync(OwnDatabase.A), await IdsAsync(OwnDatabase.B));
        ofB.Except(ofA).Count().ShouldBeGreaterThan(tables.Count / 2);
        return new Baseline([.. ofA.Except(ofB), "tenant-a"], [.. ofB.Except(ofA), "tenant-b"], await StateAsync());

        async Task<HashSet<string>> IdsAsync(Guid tenant)
        {
            var ids = new HashSet<string>();
            foreach (var table in tables)
                foreach (var row in await _superuser.ListAsync<string>(
                    $"select to_jsonb(t)::text from {table.Name} t where {table.Key} = $1", tenant))
                    ids.UnionWith(Uuid().Matches(row).Select(id => id.Value));
            return ids;
        }
    }

    /// <summary>All rows of B, and everything that the fence is made of.</summary>
    private async Task<string> StateAsync()
    {
        var fence = await _superuser.ListAsync<string>(
            """
            select 'relations ' || md5(string_agg(concat_ws(
              ' ', oid, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity), ';' order by oid))
            from pg_class where relnamespace = 'public'::regnamespace
            union all
            select 'policies ' || md5(string_agg(concat_ws(
              ' ', oid, polname, polroles, pg_get_expr(polqual, polrelid)), ';' order by oid)) from pg_policy
            union all
            select 'functions ' || md5(string_agg(concat_ws(' ', oid, proname, proacl, prosrc), ';' order by oid))
            from pg_proc
            union all
            select 'triggers ' || md5(concat(
              (select string_agg(concat_ws(' ', oid, tgname, tgenabled), ';' order by oid) from pg_trigger)))
            union all
            select 'role ' || concat_ws(
              ' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolconfig)
            from pg_roles where rolname = 'application_role'
            union all
            select 'shared ' || md5(concat(
              (select string_agg(s::text, ';' order by s) from tenant_slugs s),
              (select string_agg(s::text, ';' order by s) from tenant_hosts s),
              (select string_agg(s::text, ';' order by s) from plans s),
              (select string_agg(s::text, ';' order by s) from plan_prices s),
              (select string_agg(s::text, ';' order by s) from signing_keys s),
              (select string_agg(s::text, ';' order by s) from platform_operators s)))
            """);
        return string.Join('\n', fence)
            + '\n' + await Catalogue.ChecksumAsync(_superuser, await Catalogue.TablesAsync(_superuser), OwnDatabase.B);
    }

    /// <summary>A connection of the same role that has just read as B: for who looks at other backends.</summary>
    private async Task PlantVictimAsync()
    {
        _victim = await database.OpenAsync(database.App + ";Application Name=victim");
        await _victim.ExecuteAsync("begin");
        await _victim.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.B);
        (await _victim.ListAsync<string>("select title from events where title = $1", "tenant-b event 1"))
            .Count.ShouldBe(1);
        await _victim.ExecuteAsync("commit");
        await _victim.ListAsync<string>("select title from events where title = $1", "tenant-b event 1");
    }

    private async Task<string> WithNamesAsync(string sql) =>
        !sql.Contains("{partition}", StringComparison.Ordinal) ? sql
        : sql.Replace(
            "{partition}",
            await _superuser.ScalarAsync<string>(
                "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_logs'::regclass limit 1"),
            StringComparison.Ordinal);

    /// <summary>Everything that comes back, as text.</summary>
    private static async Task<List<string>> TextAsync(NpgsqlConnection app, string sql)
    {
        await using var command = new NpgsqlCommand(sql, app);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
            for (var column = 0; column < reader.FieldCount; column++) texts.Add($"{reader.GetValue(column)}");
        return texts;
    }

#pragma warning disable RS0030 // constants of these tests
    private static IQueryable<string> Raw(AppDbContext db, string sql) => db.Database.SqlQueryRaw<string>(sql);
#pragma warning restore RS0030

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Uuid();

    [GeneratedRegex("app.current_org_id|set_tenant_context", RegexOptions.None, 1_000)]
    private static partial Regex Binding();

    [GeneratedRegex(
        "^cleantenancy [a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Signal();
}
