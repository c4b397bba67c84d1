using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Battery;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Foreign keys and unique indexes are checked underneath Row-Level Security: what they answer must not tell whether
/// a row of another tenant is there, and what they do must not reach one.
/// </summary>
/// <remarks>In a superuser's open transaction: a planted hole is attacked before it is committed.</remarks>
internal sealed class KeyOracles(NpgsqlConnection superuser, Tally.Run? block = null)
{
    private static readonly string[] Conflicts =
        ["", " on conflict do nothing", " on conflict {0} do update set {1} = excluded.{1}"];

    public List<string> Findings { get; } = [];

    /// <summary>A row of A points at B's parent, or at one that nobody has.</summary>
    public async Task ParentsAsync()
    {
        var tables = await Catalogue.TablesAsync(superuser);
        foreach (var key in await Catalogue.ForeignKeysAsync(superuser, tables))
        {
            if (key.Columns.Length == 0) continue; // the tenant itself: the matrix tries to write as another

            var (child, parent) = (Of(tables, key.Table), Of(tables, key.Parent));
            var theirs = await RowAsync(parent, OwnDatabase.B);
            var mine = JsonNode.Parse(child.Another(await TextAsync(child, OwnDatabase.A)))!.AsObject();
            var pointingAtThem = mine.DeepClone().AsObject();
            var pointingNowhere = mine.DeepClone().AsObject();
            for (var n = 0; n < key.Columns.Length; n++)
            {
                pointingAtThem[key.Columns[n]] = theirs[key.ParentColumns[n]]?.DeepClone();
                pointingNowhere[key.Columns[n]] = CataloguedTable.Different(
                    parent.Columns.Single(c => c.Name == key.ParentColumns[n]), theirs[key.ParentColumns[n]]);
            }

            foreach (var (command, sql) in WaysToPoint(child, key))
            {
                var foreign = await AsAppAsync(sql, pointingAtThem.ToJsonString());
                var random = await AsAppAsync(sql, pointingNowhere.ToJsonString());
                block?.Count(key.Table, 2);
                if (foreign != random || (foreign != ("23503", key.Name) && child.May(command)))
                    Findings.Add($"{key.Name}: {command}: B's parent {foreign}, nobody's {random}");
            }
        }
    }

    /// <summary>A row of A takes the values of B's, or values that nobody has.</summary>
    public async Task UniquesAsync()
    {
        var tables = await Catalogue.TablesAsync(superuser);
        foreach (var table in tables)
        {
            // A row that is B's only: the seeded ones have the same names in both tenants.
            var theirs = table.Another(await TextAsync(table, OwnDatabase.B));
            if ((await TryAsync(table.Insert, theirs)).State is not null)
                theirs = await TextAsync(table, OwnDatabase.B);
            else
                await superuser.ExecuteAsync(table.Insert, theirs);

            foreach (var index in table.Indexes)
                await UniqueAsync(table, index, JsonNode.Parse(theirs)!.AsObject());
        }
    }

    /// <summary>B deletes every parent: nothing of A's changes.</summary>
    public async Task CascadesAsync()
    {
        var tables = await Catalogue.TablesAsync(superuser);
        var before = await Catalogue.ChecksumAsync(superuser, tables, OwnDatabase.A);
        foreach (var key in await Catalogue.ForeignKeysAsync(superuser, tables))
        {
            var parent = Of(tables, key.Parent);
            await superuser.ExecuteAsync("savepoint deed");
            // What else points at the parent would stop it before it cascades.
            var others = await Catalogue.ForeignKeysAsync(superuser, tables);
            if (key.ReachesChildren)
                foreach (var other in others.Where(o => o.Parent == key.Parent && !o.ReachesChildren))
                    await superuser.ExecuteAsync(
                        $"delete from {other.Table} where {TenantTables.Key(other.Table)} = $1", OwnDatabase.B);
            var (state, _) = await TryAsync(
                $"delete from {parent.Name} where {parent.Key} = $1", OwnDatabase.B, keep: true);
            if (key.ReachesChildren && state is not null)
                Findings.Add($"{key.Name}: the battery cannot delete B's rows of {key.Parent}: {state}");
            if (await Catalogue.ChecksumAsync(superuser, tables, OwnDatabase.A) != before)
                Findings.Add($"{key.Name}: deleting B's rows of {key.Parent} changed A's");
            await superuser.ExecuteAsync("rollback to savepoint deed");
            block?.Count(key.Table);
        }
    }

    private async Task UniqueAsync(CataloguedTable table, UniqueIndex index, JsonObject theirs)
    {
        var mine = JsonNode.Parse(table.Another(await TextAsync(table, OwnDatabase.A)))!.AsObject();
        var asTheirs = mine.DeepClone().AsObject();
        var asNobodys = mine.DeepClone().AsObject();
        foreach (var column in table.Columns.Where(c => index.Columns.Contains(c.Name) && c.Name != table.Key))
        {
            if (column.IsChecked) continue; // few values, which both have

            asTheirs[column.Name] = theirs[column.Name]?.DeepClone();
            asNobodys[column.Name] =
                CataloguedTable.Different(column, theirs[column.Name]) ?? mine[column.Name]?.DeepClone();
        }

        foreach (var conflict in Conflicts)
        {
            var sql = table.Insert + string.Format(null, conflict, index.Target, table.Key);
            var foreign = await AsAppAsync(sql, asTheirs.ToJsonString());
            var random = await AsAppAsync(sql, asNobodys.ToJsonString());
            block?.Count(table.Name, 2);
            if (foreign != random) Findings.Add($"{index.Name}:{conflict}: B's values {foreign}, nobody's {random}");
        }
    }

    private static IEnumerable<(string Command, string Sql)> WaysToPoint(CataloguedTable child, ForeignKey key)
    {
        var columns = string.Join(", ", key.Columns.Select(c => $"{c} = s.{c}"));
        yield return ("INSERT", child.Insert);
        yield return ("UPDATE",
            $"update {child.FullName} t set {columns} from jsonb_populate_record(null::{child.FullName}, $1::jsonb) s "
            + $"where t.{child.Key} = s.{child.Key}");
    }

    private static CataloguedTable Of(IReadOnlyList<CataloguedTable> tables, string name) =>
        tables.Single(t => t.Name == name);

    private async Task<JsonObject> RowAsync(CataloguedTable table, Guid tenant) =>
        JsonNode.Parse(await TextAsync(table, tenant))!.AsObject();

    private async Task<string> TextAsync(CataloguedTable table, Guid tenant) =>
        await superuser.ScalarAsync<string>(
            $"select to_jsonb(t)::text from {table.Name} t where {table.Key} = $1 order by 1 limit 1", tenant)
        ?? throw new InvalidOperationException($"{table.Name} has no row of {tenant}: seed one in OwnDatabase.");

    private async Task<(string? State, string? Constraint)> AsAppAsync(string sql, string row)
    {
        await superuser.ExecuteAsync("set local role application_role");
        await superuser.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);
        var refusal = await TryAsync(sql, row);
        await superuser.ExecuteAsync("reset role");
        return refusal;
    }

    private async Task<(string? State, string? Constraint)> TryAsync(string sql, object parameter, bool keep = false)
    {
        await superuser.ExecuteAsync("savepoint one");
        var refusal = await Sql.RefusalAsync(() => superuser.ExecuteAsync(sql, parameter));
        if (!keep || refusal.State is not null) await superuser.ExecuteAsync("rollback to savepoint one");
        return refusal;
    }
}
