using System.Text.Json.Nodes;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Audit;

/// <summary>
/// Each audited table, each way a row changes: exactly one line, of the row's own tenant, with the changed columns only,
/// and never a value of a column that its mapping calls secret or personal.
/// </summary>
public sealed class RowChangeTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Leak = "leak-";

    private static readonly Guid Person = new("0197a000-0000-7000-8000-0000000000aa"),
        Behalf = new("0197a000-0000-7000-8000-0000000000bb");

    private static readonly Lazy<IReadOnlyDictionary<string, IEntityType>> Entities = new(() =>
    {
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        var tables = AuditedTable.Of(db.Model).Select(table => table.Name).ToHashSet();
        return db.Model.GetEntityTypes().Where(entity => tables.Contains(entity.GetTableName()!))
            .ToDictionary(entity => entity.GetTableName()!);
    });

    public static TheoryData<string> Tables => [.. Entities.Value.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_row_that_is_added_changed_and_deleted_leaves_one_line_each(string table)
    {
        using var block = Tally.Start("Audit, row changes");
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);
        var columns = Columns(table);
        var row = await NewRowAsync(superuser, table);

        var added = await LineAsync(superuser, table, () => superuser.ExecuteAsync(Insert(table), row.ToJsonString()), OrgOf(table, row));
        added["action"]!.GetValue<string>().ShouldBe("insert");
        foreach (var (column, kind) in columns) ShouldShow(added, column, kind, row[column], old: null);

        foreach (var (column, kind) in columns.Where(c => c.Value is not null))
        {
            var changed = await LinesAsync(superuser, () => superuser.ExecuteAsync(
                $"update {table} set {column} = {Other(table, column)} where {Where(table, row)}"));
            if (kind is Auditing.Kind.Derived)
            {
                changed.ShouldBeEmpty($"{table}.{column}");
                continue;
            }

            var only = changed.ShouldHaveSingleItem();
            only["action"]!.GetValue<string>().ShouldBe("update");
            only["changes"]!.AsObject().Select(change => change.Key).ShouldBe([column]);
            ShouldShow(only, column, kind, null, old: row[column]);
            block.Count(table);
        }

        (await LinesAsync(superuser, () => superuser.ExecuteAsync(
            $"update {table} set {Key(table)} = {Key(table)} where {Where(table, row)}"))).ShouldBeEmpty();
        (await LinesAsync(superuser, () => superuser.ExecuteAsync(
            $"{Insert(table)} on conflict do nothing", row.ToJsonString()))).ShouldBeEmpty();

        var deleted = await LineAsync(superuser, table, () => superuser.ExecuteAsync($"delete from {table} where {Where(table, row)}"), OrgOf(table, row));
        deleted["action"]!.GetValue<string>().ShouldBe("delete");
        block.Count(table, 4);
    }

    [Fact]
    public async Task An_upsert_that_changes_is_an_update()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);

        var line = await LineAsync(superuser, "roles", () => superuser.ExecuteAsync(
            """
            insert into roles select * from roles where org_id = $1
            on conflict (org_id, id) do update set permissions = '{events:read}'
            """,
            OwnDatabase.A));

        line["action"]!.GetValue<string>().ShouldBe("update");
        line["changes"]!.ToJsonString().ShouldBe("""{"permissions":{"new":["events:read"],"old":[]}}""");
    }

    [Fact]
    public async Task Many_that_are_added_at_once_leave_a_line_each_in_the_logs_of_their_own_tenants()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser); // to A

        var lines = await LinesAsync(superuser, () => superuser.ExecuteAsync(
            """
            insert into event_categories (org_id, id, name, version, created_at, updated_at)
            select o, gen_random_uuid(), 'Many ' || n, 1, now(), now()
            from unnest($1::uuid[]) o, generate_series(1, 3) n
            """,
            (object)new[] { OwnDatabase.A, OwnDatabase.B }));

        lines.Select(line => $"{line["action"]} {line["org_id"]} {line["changes"]!["name"]!["new"]}").ShouldBe(
            from org in new[] { OwnDatabase.A, OwnDatabase.B } from n in Enumerable.Range(1, 3) select $"insert {org} Many {n}",
            ignoreOrder: true);
        lines.Select(line => line["id"]!.GetValue<Guid>()).ShouldAllBe(id => id.Version == 7 && id.Variant >= 8);
    }

    /// <summary>A Citus cluster has the row trigger for them: what it writes must be the same.</summary>
    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Row_by_row_the_lines_are_the_same(string table)
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);
        var row = await NewRowAsync(superuser, table);
        var byStatement = await AddAsync();
        await superuser.ExecuteAsync(
            $"""
            do $$ begin
              execute replace(replace(replace(pg_get_triggerdef(
                  (select oid from pg_trigger where tgname = 'audit_inserts' and tgrelid = '{table}'::regclass)),
                'REFERENCING NEW TABLE AS added FOR EACH STATEMENT', 'FOR EACH ROW'),
                'audit_tenant_inserts', 'audit_tenant_operation'), 'CREATE TRIGGER', 'create or replace trigger');
            end $$
            """);

        (await AddAsync()).ShouldBe(byStatement);

        async Task<string> AddAsync()
        {
            await superuser.ExecuteAsync("savepoint added");
            var line = await LineAsync(
                superuser, table, () => superuser.ExecuteAsync(Insert(table), row.ToJsonString()), OrgOf(table, row));
            await superuser.ExecuteAsync("rollback to savepoint added");
            line.Remove("id");
            line.Remove("created_at");
            return line.ToJsonString();
        }
    }

    [Fact]
    public async Task A_cascade_leaves_a_line_for_each_row()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);
        foreach (var table in new[] { "api_keys", "files", "invitations", "operations" }) // they do not go with their maker
            await superuser.ExecuteAsync($"delete from {table} where org_id = $1", OwnDatabase.A);

        var lines = await LinesAsync(superuser, () => superuser.ExecuteAsync("delete from users where org_id = $1", OwnDatabase.A));

        lines.Select(line => $"{line["action"]} {line["table_name"]}").Order(StringComparer.Ordinal)
            .ShouldBe(["delete sessions", "delete user_roles", "delete users"]);
    }

    [Fact]
    public async Task The_organization_is_the_rows_own_whatever_is_bound()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser); // to A

        var line = await LineAsync(
            superuser, "roles", () => superuser.ExecuteAsync("update roles set name = 'x' where org_id = $1", OwnDatabase.B), OwnDatabase.B);

        line["changes"]!["name"]!["new"]!.GetValue<string>().ShouldBe("x");
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_line()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);

        (await LinesAsync(superuser, async () =>
        {
            await superuser.ExecuteAsync("savepoint one");
            await superuser.ExecuteAsync("update roles set name = 'x' where org_id = $1", OwnDatabase.A);
            await superuser.ExecuteAsync("rollback to savepoint one");
        })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_text_is_recorded_by_its_beginning()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(superuser);

        var lines = await LinesAsync(superuser, () => superuser.ExecuteAsync(
            "update events set description = repeat('x', 5000) where org_id = $1", OwnDatabase.A));

        lines.Count.ShouldBe(OwnDatabase.EventsOfA);
        lines[0]["changes"]!["description"]!["new"]!.GetValue<string>().Length.ShouldBe(1003);
    }

    /// <summary>The trigger runs as audit_role, which may write; who may update a row may not write a line.</summary>
    [Fact]
    public async Task The_application_role_leaves_lines_that_it_cannot_write_itself()
    {
        await using var app = await database.OpenAsync(database.App);
        await using var transaction = await app.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await BindAsync(app);

        var line = await LineAsync(app, "roles", () => app.ExecuteAsync("update roles set name = 'x'"));

        (line["actor_kind"]!.GetValue<string>(), line["request_id"]!.GetValue<string>()).ShouldBe(("operator", "request-7"));
        (await Sql.RefusalAsync(() => app.ExecuteAsync("insert into audit_logs select * from audit_logs"))).State.ShouldBe("42501");
    }

    private static void ShouldShow(JsonObject line, string column, Auditing.Kind? kind, JsonNode? value, JsonNode? old)
    {
        var change = line["changes"]?[column];
        if (kind is Auditing.Kind.Derived) change.ShouldBeNull(column);
        else if (kind is Auditing.Kind.Personal or Auditing.Kind.Secret)
            change?.ToJsonString().ShouldBe("""{"redacted":true}""", column);
        else if (old is not null) change!["old"]!.ToJsonString().ShouldBe(old.ToJsonString(), column);
        else if (value is not null && column is not ("org_id" or "id"))
            change?["new"]?.ToJsonString().ShouldBe(value.ToJsonString(), column);
        line.ToJsonString().ShouldNotContain(Leak);
    }

    private static Task<int> BindAsync(NpgsqlConnection connection) => connection.ExecuteAsync(
        "select set_tenant_context($1, $2, '192.0.2.7', 'operator', $3, 'request-7', 'trace-7')",
        OwnDatabase.A, Person, Behalf);

    private static async Task<JsonObject> LineAsync(
        NpgsqlConnection connection, string table, Func<Task> act, Guid? org = null)
    {
        var line = (await LinesAsync(connection, act)).ShouldHaveSingleItem();
        string.Join(' ', new[] { "org_id", "table_name", "actor_kind", "actor_id", "on_behalf_of", "address", "request_id", "trace_id" }
            .Select(name => line[name])).ShouldBe(
            $"{org ?? OwnDatabase.A} {table} operator {Person} {Behalf} 192.0.2.7 request-7 trace-7");
        return line;
    }

    /// <summary>The lines that something leaves, in their order.</summary>
    private static async Task<List<JsonObject>> LinesAsync(NpgsqlConnection connection, Func<Task> act)
    {
        var known = await connection.ListAsync<Guid>("select id from audit_logs");
        await act();
        return [.. (await connection.ListAsync<string>(
            "select to_jsonb(l)::text from audit_logs l where not id = any ($1) order by id", known.ToArray()))
            .Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    /// <summary>Columns and their kinds; null for one of no text, which is logged as it is.</summary>
    private static Dictionary<string, Auditing.Kind?> Columns(string table) =>
        Entities.Value[table].GetProperties().ToDictionary(p => p.GetColumnName(), AuditedTable.KindOf);

    /// <summary>A copy of the seeded row under another id and name, with a marker in whatever must not be logged.</summary>
    private static async Task<JsonObject> NewRowAsync(NpgsqlConnection connection, string table)
    {
        var row = JsonNode.Parse((await connection.ScalarAsync<string>(
            $"select to_jsonb(t)::text from {table} t where {Key(table)} = $1 limit 1", OwnDatabase.A))!)!.AsObject();
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        if (row.ContainsKey("id")) row["id"] = id.ToString();
        foreach (var (column, kind) in Columns(table))
            if (kind is Auditing.Kind.Personal or Auditing.Kind.Secret) row[column] = $"{Leak}{column}";
        switch (table)
        {
            case "organizations":
                row["slug"] = "leaver";
                await connection.ExecuteAsync("insert into tenant_slugs (slug, org_id) values ('leaver', $1)", id);
                await connection.ExecuteAsync("insert into tenant_slugs (slug, org_id) values ('other', $1)", id);
                break;
            case "event_categories":
            case "event_templates":
            case "roles":
                row["name"] = "another";
                break;
            case "email_templates":
                row["key"] = "another";
                break;
            case "events":
                row["slug"] = "another";
                break;
            case "tenant_overrides":
                row["entitlement"] = "members";
                break;
            case "api_keys":
                row["prefix"] = "another";
                break;
            case "user_roles":
                await connection.ExecuteAsync(
                    "insert into roles select org_id, $2, 'second', permissions, built_in, version, created_at from roles where org_id = $1",
                    OwnDatabase.A, id);
                row["role_id"] = id.ToString();
                break;
            default:
                break;
        }

        return row;
    }

    private static string Insert(string table) =>
        $"insert into {table} select * from jsonb_populate_record(null::{table}, $1::jsonb)";

    private static Guid OrgOf(string table, JsonObject row) => Guid.Parse(row[Key(table)]!.GetValue<string>());

    private static string Key(string table) => TenantTables.Key(table);

    private static string Where(string table, JsonObject row) => string.Join(" and ",
        Entities.Value[table].FindPrimaryKey()!.Properties.Select(p => $"{p.GetColumnName()} = '{row[p.GetColumnName()]}'"));

    /// <summary>A value that is allowed and another one.</summary>
    private static string Other(string table, string column)
    {
        var property = Entities.Value[table].GetProperties().Single(p => p.GetColumnName() == column);
        return property.GetColumnType() switch
        {
            "text[]" => "'{other}'",
            "json" => """'{"en": {"title": "Other"}}'""",
            "timestamp with time zone" => "now() + interval '1 day'",
            "bigint" or "integer" => $"{column} + 1",
            "character(3)" => "'EUR'",
            _ => column == "slug" ? "'other'" : $"'{Leak}other'".Replace(
                Leak, AuditedTable.KindOf(property) is Auditing.Kind.Open ? "" : Leak, StringComparison.Ordinal),
        };
    }
}
