using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Underneath EF and its filter: raw SQL as application_role, on every tenant table, bound in every way there is.
/// </summary>
public sealed class FenceMatrixTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Denied = "42501", NoUuid = "22P02", NoCopy = "0A000";

    /// <summary>The contexts: what the setting is, and whose rows that shows.</summary>
    private static readonly Dictionary<string, (string? Setting, Guid? Tenant)> Contexts = new()
    {
        ["own"] = (OwnDatabase.A.ToString(), OwnDatabase.A),
        ["other"] = (OwnDatabase.B.ToString(), OwnDatabase.B),
        ["none"] = (null, null),
        ["empty"] = ("", null),
        ["garbage"] = ("garbage", null),
        ["braces"] = ($"{{{OwnDatabase.A.ToString().ToUpperInvariant()}}}", OwnDatabase.A),
    };

    /// <summary>What makes a copied row another row.</summary>
    private static readonly Dictionary<string, string> Natural = new()
    {
        ["events"] = "slug",
        ["roles"] = "name",
        ["users"] = "normalized_email",
        ["idempotency_keys"] = "key",
    };

    private static readonly ConcurrentDictionary<(string Table, Guid Tenant), long> Counts = new();

    public static MatrixTheoryData<string, string> Matrix => new(TenantTables.Grants.Keys, Contexts.Keys);

    public static TheoryData<string> Tables => [.. TenantTables.Grants.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Both_tenants_have_rows(string table)
    {
        (await CountAsync(table, OwnDatabase.A)).ShouldBePositive();
        (await CountAsync(table, OwnDatabase.B)).ShouldBePositive();
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Only_own_rows_are_read(string table, string context)
    {
        var key = TenantTables.Key(table);
        await using var app = await BoundAsync(context);

        await SeesAsync(app, table, context, $"select {key} from {table}", "SELECT");
        await SeesAsync(app, table, context, $"select {key} from {table} for update", "UPDATE");
        // Asking for the other tenant by name shows no more.
        var (_, tenant) = Contexts[context];
        var foreign = tenant == OwnDatabase.A ? OwnDatabase.B : OwnDatabase.A;
        await EmptyAsync(app, context, $"select {key} from {table} where {key} = '{foreign}'");

        // COPY of a partitioned table under the fence reads ONLY the empty parent.
        var source = table == "audit_logs" ? $"(select {key} from {table})" : $"{table} ({key})";
        var copied = await RunAsync(app, async () =>
        {
            using var reader = await app.BeginTextExportAsync($"copy {source} to stdout");
            return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse).ToList();
        });
        await ShouldBeOwnAsync(copied, table, context, "SELECT");
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Only_own_rows_are_changed(string table, string context)
    {
        var key = TenantTables.Key(table);
        await using var app = await BoundAsync(context);

        await SeesAsync(app, table, context, $"update {table} set {key} = {key} returning {key}", "UPDATE");
        await SeesAsync(
            app, table, context,
            $"merge into {table} t using (select 1) one on true when matched then update set {key} = t.{key}", "UPDATE", counts: true);
        await SeesAsync(app, table, context, $"delete from {table} returning {key}", "DELETE", orElse: StillReferenced);
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task No_row_moves_to_another_tenant(string table, string context)
    {
        var key = TenantTables.Key(table);
        var (_, tenant) = Contexts[context];
        var target = tenant == OwnDatabase.A ? OwnDatabase.B : OwnDatabase.A;
        await using var app = await BoundAsync(context);

        var (rows, state) = await RunAsync(app, () => app.ListAsync<Guid>($"update {table} set {key} = '{target}' returning {key}"));

        if (!TenantTables.May(table, "UPDATE")) state.ShouldBeOneOf(Denied, context == "garbage" ? NoUuid : Denied);
        else if (context == "garbage") state.ShouldBe(NoUuid);
        else if (tenant is null) rows.ShouldBeEmpty();
        else state.ShouldBe(Denied);
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Only_own_rows_are_made(string table, string context)
    {
        var (_, tenant) = Contexts[context];
        var foreign = tenant == OwnDatabase.A ? OwnDatabase.B : OwnDatabase.A;
        await using var app = await BoundAsync(context);
        var refusals = context == "garbage" ? new[] { Denied, NoUuid } : [Denied];

        foreach (var sql in new[]
        {
            Insert(table), Insert(table) + " on conflict do nothing",
            Insert(table) + $" on conflict ({await PrimaryKeyAsync(table)}) do update set {TenantTables.Key(table)} = excluded.{TenantTables.Key(table)}",
        })
        {
            // As it is there, and as it is not there yet: the answers are the same.
            foreach (var row in new[] { await RowAsync(table, foreign), await NewRowAsync(table, foreign) })
                (await RunAsync(app, () => app.ListAsync<Guid>(sql, row))).State.ShouldBeOneOf([.. refusals], sql);
        }

        if (tenant is not { } own) return;

        var newRow = await NewRowAsync(table, own);
        var (made, state) = await RunAsync(
            app, () => app.ListAsync<Guid>(Insert(table) + $" returning {TenantTables.Key(table)}", newRow));
        if (!TenantTables.May(table, "INSERT")) state.ShouldBe(Denied);
        else if (table == "user_roles") state.ShouldBe("23505"); // there is no other pair to make
        else made.ShouldBe([own]);
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Commands_that_pass_by_the_fence_are_refused(string table, string context)
    {
        await using var app = await BoundAsync(context);

        foreach (var sql in new[] { $"truncate {table}", $"truncate {table} cascade", $"lock table {table} in access exclusive mode" })
        {
            // LOCK is allowed by UPDATE and DELETE; the time limits end it.
            if (sql.StartsWith("lock", StringComparison.Ordinal) && TenantTables.Grants[table] is not "SELECT") continue;
            (await RunAsync(app, () => app.ListAsync<Guid>(sql))).State.ShouldBe(Denied, sql);
        }

        var copy = await RunAsync(app, async () =>
        {
            await using var writer = await app.BeginTextImportAsync($"copy {table} from stdin");
            return new List<Guid>();
        });
        copy.State.ShouldBe(TenantTables.May(table, "INSERT") ? NoCopy : Denied);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task The_ids_and_names_of_another_tenant_are_free(string table)
    {
        if (!TenantTables.May(table, "INSERT")) return;

        await using var app = await BoundAsync("own");
        var theirs = JsonNode.Parse(await RowAsync(table, OwnDatabase.B))!.AsObject();
        theirs["org_id"] = OwnDatabase.A;
        if (Natural.TryGetValue(table, out var natural)) theirs[natural] = $"{theirs[natural]}-b";
        var alone = table is "events" or "roles" or "users" or "idempotency_keys";

        var (made, state) = await RunAsync(
            app, () => app.ListAsync<Guid>(Insert(table) + " returning org_id", theirs.ToJsonString()));

        // The others point at a parent that A does not have: refused for that, not for being B's.
        if (alone) made.ShouldBe([OwnDatabase.A], state);
        else state.ShouldBeOneOf("23503", table == "refresh_tokens" ? "23505" : "23503");
    }

    [Fact]
    public async Task A_foreign_parent_and_no_parent_get_the_same_answer()
    {
        await using var superuser = await database.SuperuserAsync();
        var keys = await superuser.ListAsync<string[]>(
            """
            select array[c.conname::text, c.conrelid::regclass::text, c.confrelid::regclass::text, a.attname::text]
            from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey) and a.attname <> 'org_id'
            where c.contype = 'f' and array_length(c.conkey, 1) = 2 and c.confrelid <> 'tenant_slugs'::regclass
            order by 1
            """);
        keys.Select(key => $"{key[1]} -> {key[2]}").ShouldBe(
        [
            "programs -> events", "refresh_tokens -> sessions", "registrations -> events", "sessions -> users",
            "user_roles -> roles", "user_roles -> users",
        ]);

        await using var app = await BoundAsync("own");
        foreach (var key in keys)
        {
            var (constraint, table, parent, column) = (key[0], key[1], key[2], key[3]);
            var theirs = await superuser.ScalarAsync<Guid>($"select id from {parent} where org_id = $1", OwnDatabase.B);
            foreach (var id in new[] { theirs, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()) })
            {
                var row = JsonNode.Parse(await NewRowAsync(table, OwnDatabase.A))!.AsObject();
                row[column] = id;
                await app.ExecuteAsync("savepoint one");
                (await Sql.RefusalAsync(() => app.ExecuteAsync(Insert(table), row.ToJsonString()))).ShouldBe(("23503", constraint));
                await app.ExecuteAsync("rollback to savepoint one");
            }
        }
    }

    /// <summary>A row that others point at; from PostgreSQL 18 on, ON DELETE RESTRICT has a code of its own.</summary>
    private static readonly string[] StillReferenced = ["23503", "23001"];

    private static string Insert(string table) =>
        $"insert into {table} select * from jsonb_populate_record(null::{table}, $1::jsonb)";

    /// <summary>A transaction of application_role; with nothing bound: on a connection where nothing ever was.</summary>
    private async Task<NpgsqlConnection> BoundAsync(string context)
    {
        var app = await database.OpenAsync(context == "none" ? database.App : database.PooledApp);
        await app.ExecuteAsync("begin");
        if (Contexts[context].Setting is { } setting)
            await app.ScalarAsync<string>("select set_config('app.current_org_id', $1, true)", setting);
        return app;
    }

    /// <summary>What came back or why not; nothing of it stays.</summary>
    private static async Task<(List<Guid> Rows, string? State)> RunAsync(NpgsqlConnection app, Func<Task<List<Guid>>> act)
    {
        await app.ExecuteAsync("savepoint one");
        List<Guid> rows = [];
        var (state, _) = await Sql.RefusalAsync(async () => rows = await act());
        await app.ExecuteAsync("rollback to savepoint one");
        return (rows, state);
    }

    private async Task SeesAsync(
        NpgsqlConnection app, string table, string context, string sql, string privilege, IReadOnlyList<string>? orElse = null, bool counts = false)
    {
        var result = await RunAsync(app, async () =>
        {
            if (!counts) return await app.ListAsync<Guid>(sql);

            var changed = await app.ExecuteAsync(sql);
            return [.. Enumerable.Repeat(Contexts[context].Tenant ?? Guid.Empty, changed)];
        });
        if (result.State is { } state && orElse?.Contains(state) is true && Contexts[context].Tenant is not null) return;

        await ShouldBeOwnAsync(result, table, context, privilege);
    }

    private async Task ShouldBeOwnAsync(
        (List<Guid> Rows, string? State) result, string table, string context, string privilege)
    {
        if (!TenantTables.May(table, privilege))
            result.State.ShouldBeOneOf(Denied, context == "garbage" ? NoUuid : Denied);
        else if (context == "garbage")
            result.State.ShouldBe(NoUuid);
        else
        {
            result.State.ShouldBeNull();
            var own = Contexts[context].Tenant;
            var expected = own is { } tenant ? await CountAsync(table, tenant) : 0;
            result.Rows.ShouldBe(Enumerable.Repeat(own ?? Guid.Empty, (int)expected));
        }
    }

    private static async Task EmptyAsync(NpgsqlConnection app, string context, string sql)
    {
        var (rows, state) = await RunAsync(app, () => app.ListAsync<Guid>(sql));
        rows.ShouldBeEmpty();
        state.ShouldBe(context == "garbage" ? NoUuid : null);
    }

    /// <summary>Counted once: no test of this class leaves anything behind.</summary>
    private async Task<long> CountAsync(string table, Guid tenant)
    {
        if (Counts.TryGetValue((table, tenant), out var count)) return count;

        await using var superuser = await database.SuperuserAsync();
        return Counts[(table, tenant)] =
            await superuser.ScalarAsync<long>($"select count(*) from {table} where {TenantTables.Key(table)} = $1", tenant);
    }

    private async Task<string> PrimaryKeyAsync(string table)
    {
        await using var superuser = await database.SuperuserAsync();
        return (await superuser.ScalarAsync<string>(
            """
            select string_agg(a.attname, ', ' order by k.n)
            from pg_index i cross join unnest(i.indkey::int2[]) with ordinality k(attnum, n)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = $1::text::regclass and i.indisprimary
            """,
            table))!;
    }

    /// <summary>A row as it stands, as JSON.</summary>
    private async Task<string> RowAsync(string table, Guid tenant)
    {
        await using var superuser = await database.SuperuserAsync();
        return (await superuser.ScalarAsync<string>(
            $"select to_jsonb(t)::text from {table} t where {TenantTables.Key(table)} = $1 limit 1", tenant))!;
    }

    /// <summary>The same row under another key.</summary>
    private async Task<string> NewRowAsync(string table, Guid tenant)
    {
        var row = JsonNode.Parse(await RowAsync(table, tenant))!.AsObject();
        if (table == "refresh_tokens") row["hash"] = @"\x02";
        else if (row.ContainsKey("id") && table != "organizations") row["id"] = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        if (Natural.TryGetValue(table, out var natural)) row[natural] = $"{row[natural]}-new";
        return row.ToJsonString();
    }
}
