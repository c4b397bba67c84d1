using CleanTenancy.Application.Common.Ports;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Whether the role we log in as stands inside the fence, and the fence stands. At start-up a "no" ends the program;
/// later it takes this instance out of service.
/// </summary>
internal sealed class FenceCheck(NpgsqlDataSource source) : IReadiness
{
    private const string Role = """
        select case
          when r.rolsuper then 'is a superuser'
          when r.rolbypassrls then 'bypasses Row-Level Security'
          when r.rolcreaterole or r.rolcreatedb or r.rolreplication then 'may create roles or databases, or replicate'
          when exists (select from pg_roles o where (o.rolsuper or o.rolbypassrls) and pg_has_role(current_user, o.oid, 'member'))
            then 'is a member of a role that is not bound by Row-Level Security'
          when exists (select from pg_class c where c.relnamespace = 'public'::regnamespace
                         and pg_has_role(current_user, c.relowner, 'member'))
            then 'owns tables'
        end
        from pg_roles r where r.rolname = current_user
        """;

    private const string Unfenced = """
        select string_agg(c.relname, ', ' order by c.relname)
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and (c.relname = 'organizations' or exists (
            select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
          and c.relname not in ('tenant_slugs', 'tenant_hosts')
          and not (c.relrowsecurity and c.relforcerowsecurity and (c.relispartition or (
            select count(*) filter (where p.polname = 'tenant_isolation_policy'
                 and pg_get_expr(p.polqual, c.oid) = own.form and pg_get_expr(p.polwithcheck, c.oid) = own.form) = 1
               and count(*) filter (where 'application_role'::regrole = any(p.polroles) or 0 = any(p.polroles)) = 1
            from pg_policy p,
              lateral (select format(
                '(%s = (NULLIF(current_setting(''app.current_org_id''::text, true), ''''::text))::uuid)',
                case c.relname when 'organizations' then 'id' else 'org_id' end) as form) own
            where p.polrelid = c.oid)))
        """;

    private const string Extensions = """
        select p.prolang = (select oid from pg_language where lanname = 'sql')
          and exists (select from pg_extension where extname = 'citus')
        from pg_proc p where p.proname = 'set_tenant_context'
        """;

    private static readonly Guid
        Org = new("00000000-0000-7000-8000-00000000000a"), OrgsRow = new("00000000-0000-7000-8000-0000000000a1");

    private static readonly Lazy<IReadOnlyList<string>> Migrations = new(() =>
    {
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        return [.. db.GetService<IMigrationsAssembly>().Migrations.Keys];
    });

    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FindProblemsAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            return ["database: does not answer"];
        }
    }

    private async Task<IReadOnlyList<string>> FindProblemsAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (await ScalarAsync<string>(connection, Role, cancellationToken) is { } role)
            problems.Add($"role: {connection.UserName} {role}");
        if (await MissingMigrationAsync(connection, cancellationToken) is { } missing)
        {
            problems.Add($"migrations: {missing} has not run");
            return problems; // what follows asks for what it makes
        }

        if (await ScalarAsync<string>(connection, Unfenced, cancellationToken) is { } unfenced)
            problems.Add($"fence: {unfenced} not fenced");
        if (await ScalarAsync<bool?>(connection, Extensions, cancellationToken) is true)
            problems.Add("fence: set_config does not reach the shards of this cluster");
        if (!await ProbeAsync(connection, cancellationToken))
            problems.Add("fence: a bound read does not see its own row and nothing else");
        return problems;
    }

    /// <summary>Bound to a tenant, exactly its one row; bound to nobody, none.</summary>
    private static async Task<bool> ProbeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("begin read only"));
        batch.BatchCommands.Add(TenantContext.BatchCommand(new TenantBinding(new(Org))));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id from fence_probes"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id from fence_probes"));
        var seen = new List<Guid>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.NextResultAsync(cancellationToken)) // the first result is the binding's
            while (await reader.ReadAsync(cancellationToken))
                seen.Add(reader.GetGuid(0));
        return seen.Count == 1 && seen[0] == OrgsRow;
    }

    private static async Task<string?> MissingMigrationAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await ScalarAsync<string>(
            connection, "select to_regclass('public.\"__EFMigrationsHistory\"')::text", cancellationToken) is null)
            return Migrations.Value[0];

        await using var command = new NpgsqlCommand(
            "select name from unnest($1) name "
            + "where name not in (select migration_id from \"__EFMigrationsHistory\") order by name limit 1",
            connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Migrations.Value] });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static async Task<T?> ScalarAsync<T>(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }
}
