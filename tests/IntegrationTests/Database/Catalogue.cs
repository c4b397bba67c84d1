using CleanTenancy.Infrastructure.Persistence.Isolation;
using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>A column, and what stands in the way of another value.</summary>
internal sealed record Column(string Name, string Type, int Length, bool IsForeign, bool IsChecked);

/// <summary>A unique index: its columns' names, and the text that ON CONFLICT infers it by.</summary>
internal sealed record UniqueIndex(string Name, string[] Columns, string Target);

/// <summary>A tenant table as the catalogue tells it, so that it is attacked on the day it is added.</summary>
internal sealed record CataloguedTable(
    string Name, string Owner, bool IsPartitioned, IReadOnlyList<Column> Columns, IReadOnlyList<UniqueIndex> Indexes)
{
    public string Key => TenantTables.Key(Name);

    public string PrimaryKey => Indexes[0].Target;

    /// <summary>With its schema, for a role that may not use the schema must be refused and not only be lost.</summary>
    public string FullName => $"public.{Name}";

    public string Insert =>
        $"insert into {FullName} select * from jsonb_populate_record(null::{FullName}, $1::jsonb)";

    /// <summary>What application_role may do with it.</summary>
    public bool May(string privilege) =>
        TenantTables.Grants.TryGetValue(Name, out var grants)
            ? grants.Contains(privilege, StringComparison.Ordinal)
            : throw new InvalidOperationException(
                $"{Name} is in no list of TenantTables: the battery does not know what application_role may do.");

    /// <summary>The row with another value in every unique index, where foreign keys and checks leave one.</summary>
    public string Another(string row)
    {
        var changed = JsonNode.Parse(row)!.AsObject();
        var names = new HashSet<string>();
        foreach (var index in Indexes)
        {
            if (index.Columns.Any(names.Contains)) continue;

            var free = Columns
                .Where(c => index.Columns.Contains(c.Name) && c.Name != Key && !c.IsForeign)
                .OrderBy(c => c.IsChecked)
                .FirstOrDefault(c => Different(c, changed[c.Name]) is not null);
            if (free is null || free.IsChecked) continue; // of a few words there is none that no row has

            names.Add(free.Name);
            changed[free.Name] = Different(free, changed[free.Name]);
        }

        return changed.ToJsonString();
    }

    /// <returns>A value that no row has; null for a type that has none to spare.</returns>
    public static JsonNode? Different(Column column, JsonNode? value)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var hex = id.ToString("N");
        return column.Type switch
        {
            "uuid" => id,
            "bytea" => $@"\x{hex}",
            "int8" or "int4" => Random.Shared.Next(1_000_000, 2_000_000_000),
            "timestamptz" => value is null
                ? null
                : DateTimeOffset.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture)
                    .AddMilliseconds(1 + Random.Shared.Next(1000)),
            "text" or "varchar" => Text($"{value}-{hex}", hex, column.Length),
            _ => null,
        };
    }

    private static string Text(string wished, string otherwise, int length) =>
        length <= 0 || wished.Length <= length ? wished
        : otherwise.Length <= length ? otherwise
        : otherwise[^length..];
}

/// <summary>A foreign key between tenant tables; its columns without the tenant's.</summary>
internal sealed record ForeignKey(
    string Name, string Table, string Parent, string OnDelete, string[] Columns, string[] ParentColumns)
{
    public bool ReachesChildren => OnDelete is "c" or "n" or "d";
}

/// <summary>What there is to attack, asked of the database and of no list.</summary>
internal static class Catalogue
{
    /// <summary>Tables with org_id, and organizations; not those that are listed as shared.</summary>
    public static async Task<IReadOnlyList<CataloguedTable>> TablesAsync(NpgsqlConnection superuser)
    {
        var names = await superuser.ListAsync<string[]>(
            """
            select array[c.relname::text, c.relowner::regrole::text, c.relkind::text] from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and c.relname <> all($1) and (c.relname = 'organizations' or exists (
                select from pg_attribute a
                where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
            order by 1
            """,
            (object)FenceManifest.SharedTables.Keys.ToArray()); // else each name is a parameter
        var tables = new List<CataloguedTable>();
        foreach (var name in names)
            tables.Add(new CataloguedTable(
                name[0], name[1], name[2] == "p", await ColumnsAsync(superuser, name[0]),
                await IndexesAsync(superuser, name[0])));
        tables.Count.ShouldBeGreaterThan(10);
        return tables;
    }

    public static async Task<IReadOnlyList<ForeignKey>> ForeignKeysAsync(
        NpgsqlConnection superuser, IReadOnlyList<CataloguedTable> tables)
    {
        var keys = await superuser.ListAsync<string[]>(
            """
            select array[c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text, c.confdeltype::text,
              (select coalesce(string_agg(a.attname, ',' order by k.n), '')
               from unnest(c.conkey) with ordinality k(num, n)
               join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num where a.attname <> 'org_id'),
              (select coalesce(string_agg(f.attname, ',' order by k.n), '')
               from unnest(c.conkey, c.confkey) with ordinality k(num, fnum, n)
               join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num and a.attname <> 'org_id'
               join pg_attribute f on f.attrelid = c.confrelid and f.attnum = k.fnum)]
            from pg_constraint c
            where c.contype = 'f' and c.conparentid = 0 and c.conrelid::regclass::text = any($1)
              and c.confrelid::regclass::text = any($1)
            order by 1
            """,
            (object)tables.Select(t => t.Name).ToArray());
        return [.. keys.Select(k => new ForeignKey(k[0], k[1], k[2], k[3], Split(k[4]), Split(k[5])))];

        static string[] Split(string columns) => columns.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>All rows of a tenant in all its tables, as one text to compare.</summary>
    public static async Task<string> ChecksumAsync(
        NpgsqlConnection superuser, IReadOnlyList<CataloguedTable> tables, Guid tenant) =>
        string.Join('\n', await superuser.ListAsync<string>(
            string.Join(" union all ", tables.Select(t =>
                $"select '{t.Name} ' || count(*) || ' ' || "
                + "coalesce(md5(string_agg(t::text, '|' order by t::text)), '') "
                + $"from {t.Name} t where {t.Key} = $1")),
            tenant));

    private static async Task<IReadOnlyList<Column>> ColumnsAsync(NpgsqlConnection superuser, string table)
    {
        var columns = await superuser.ListAsync<string[]>(
            """
            select array[a.attname::text, t.typname::text, greatest(a.atttypmod - 4, 0)::text,
              exists (select from pg_constraint c
                      where c.conrelid = a.attrelid and c.contype = 'f' and a.attnum = any(c.conkey))::text,
              exists (select from pg_constraint c
                      where c.conrelid = a.attrelid and c.contype = 'c' and a.attnum = any(c.conkey))::text]
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
            """,
            table);
        return
        [
            .. columns.Select(c => new Column(
                c[0], c[1], int.Parse(c[2], CultureInfo.InvariantCulture), c[3] == "true", c[4] == "true")),
        ];
    }

    /// <summary>The primary key first.</summary>
    private static async Task<IReadOnlyList<UniqueIndex>> IndexesAsync(NpgsqlConnection superuser, string table)
    {
        var indexes = await superuser.ListAsync<string[]>(
            """
            select array[i.indexrelid::regclass::text,
              (select string_agg(a.attname, ',') from pg_attribute a
               where a.attrelid = i.indrelid and a.attnum = any(i.indkey)),
              (select '(' || string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n) || ')'
               from generate_series(1, i.indnkeyatts) n)
                || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), '')]
            from pg_index i where i.indrelid = $1::text::regclass and i.indisunique order by not i.indisprimary, 1
            """,
            table);
        indexes.ShouldNotBeEmpty($"{table} has no unique index: the battery cannot tell its rows apart.");
        return [.. indexes.Select(i => new UniqueIndex(i[0], i[1].Split(','), i[2]))];
    }
}
