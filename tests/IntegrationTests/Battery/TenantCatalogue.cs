using System.Text.Json;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>A table with rows of tenants, as PostgreSQL tells of it.</summary>
/// <param name="Key">The column that says whose row it is.</param>
/// <param name="Uuids">All columns of this type.</param>
/// <param name="Parents">Referenced table to the column that refers to it.</param>
internal sealed record TenantTable(string Name, string Key, string[] Uuids, Dictionary<string, string> Parents);

/// <summary>The tables of tenants, taken from the database's own catalogue: a new one needs no mention here.</summary>
internal sealed class TenantCatalogue
{
    private readonly TestApi _api;
    private readonly string _sums, _sumsWithoutDenials, _counts, _uuids;

    private TenantCatalogue(TestApi api, IReadOnlyList<TenantTable> tables)
    {
        _api = api;
        Tables = tables.ToDictionary(table => table.Name);
        string Each(Func<TenantTable, string> select) => string.Join("\nunion all ", tables.Select(select));
        _sums = $"select jsonb_object_agg(name, sum)::text from ({Each(table => $"""
            select '{table.Name}' as name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as sum
            from "{table.Name}" t where "{table.Key}" = $1
            """)}) as sums";
        // That an attempt was denied is remembered, and the only thing that it may leave.
        _sumsWithoutDenials = _sums.Replace(
            "from \"audit_logs\" t where", $"from \"audit_logs\" t where action not in ('{Denial.Access}', '{Denial.SignIn}') and",
            StringComparison.Ordinal);
        _counts = $"select jsonb_object_agg(name, count)::text from ({Each(table =>
            $"select '{table.Name}' as name, count(*) as count from \"{table.Name}\" where \"{table.Key}\" = $1")}"
            + " union all select 'used ' || resource, used from usage_counters where org_id = $1) as counts";
        _uuids = $"select array_agg(distinct id) from ({Each(table =>
            $"select unnest(array[{string.Join(',', table.Uuids.Select(column => $"\"{column}\""))}]) as id "
            + $"from \"{table.Name}\" where \"{table.Key}\" = $1")}) as ids where id is not null";
    }

    public IReadOnlyDictionary<string, TenantTable> Tables { get; }

    public static async Task<TenantCatalogue> ReadAsync(TestApi api)
    {
        var tables = await api.QueryAsync<string>(
            """
            select jsonb_agg(jsonb_build_object(
              'Name', c.relname,
              'Key', case c.relname when 'organizations' then 'id' else 'org_id' end,
              'Uuids', (select jsonb_agg(attname order by attnum) from pg_attribute
                where attrelid = c.oid and attnum > 0 and not attisdropped and atttypid = 'uuid'::regtype),
              'Parents', (select coalesce(jsonb_object_agg(f.confrelid::regclass::text, a.attname), '{}')
                from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any (f.conkey)
                where f.conrelid = c.oid and f.contype = 'f' and a.attname <> 'org_id'
                  and a.atttypid = 'uuid'::regtype)) order by c.relname)::text
            from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and (c.relname = 'organizations' or exists (select from pg_attribute
                where attrelid = c.oid and attname = 'org_id' and not attisdropped))
            """);
        return new TenantCatalogue(api, JsonSerializer.Deserialize<List<TenantTable>>(tables)!);
    }

    /// <summary>A checksum of a tenant's rows, table by table, from underneath the fence.</summary>
    public Task<Dictionary<string, string>> SumsAsync(TenantId org) => MapAsync<string>(_sums, org);

    /// <summary>The same, but for the lines of the log that say that something was denied.</summary>
    public Task<Dictionary<string, string>> SumsWithoutDenialsAsync(TenantId org) =>
        MapAsync<string>(_sumsWithoutDenials, org);

    /// <summary>How many rows a tenant has in each table, and how much of each quota is used.</summary>
    public Task<Dictionary<string, long>> CountsAsync(TenantId org) => MapAsync<long>(_counts, org);

    /// <summary>Every id that stands in any row of a tenant.</summary>
    public Task<Guid[]> UuidsAsync(TenantId org) => _api.QueryAsync<Guid[]>(_uuids, org.Value);

    /// <summary>Ids of a tenant's rows in a table, oldest first.</summary>
    public Task<Guid[]> IdsAsync(string table, TenantId org) => _api.QueryAsync<Guid[]>(
        $"select coalesce(array_agg(id order by id), '{{}}') from \"{table}\" where \"{Tables[table].Key}\" = $1",
        org.Value);

    /// <summary>The row of the parent's table that a row belongs to.</summary>
    /// <exception cref="InvalidOperationException">No foreign key says so.</exception>
    public async Task<Guid> ParentAsync(string child, string parent, Guid id, TenantId org) =>
        Tables[child].Parents.TryGetValue(parent, out var column)
            ? await _api.QueryAsync<Guid>(
                $"select \"{column}\" from \"{child}\" where \"{Tables[child].Key}\" = $1 and id = $2", org.Value, id)
            : throw new InvalidOperationException(
                $"The battery cannot tell which of {parent} a row of {child} belongs to: no foreign key says so.");

    /// <summary>The tables in which two sums differ.</summary>
    public static string Differing<T>(Dictionary<string, T> before, Dictionary<string, T> after) =>
        string.Join(", ", before.Keys.Union(after.Keys)
            .Where(table => !Equals(before.GetValueOrDefault(table), after.GetValueOrDefault(table)))
            .Order(StringComparer.Ordinal));

    private async Task<Dictionary<string, T>> MapAsync<T>(string sql, TenantId org) =>
        JsonSerializer.Deserialize<Dictionary<string, T>>(await _api.QueryAsync<string>(sql, org.Value))!;
}
