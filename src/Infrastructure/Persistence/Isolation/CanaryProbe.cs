using System.Diagnostics.Metrics;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence.Isolation;

/// <summary>
/// Two synthetic tenants have a row in every tenant table, with a marker that is random in each database. As
/// application_role, bound to one, it tries everything it may do with the other's rows; then bound to nobody.
/// Everything is rolled back.
/// </summary>
internal sealed class CanaryProbe(NpgsqlConnection connection)
{
    private static readonly Guid
        A = new("00000000-0000-7000-8000-0000000ca00a"), B = new("00000000-0000-7000-8000-0000000ca00b");

    /// <summary>Nobody acts as a canary.</summary>
    public static bool IsCanary(TenantId org) => org.Value == A || org.Value == B;

    private static readonly Counter<long>
        Tried = Telemetry.Meter.CreateCounter<long>(
            "cleantenancy.isolation.crossings", description: "Crossings that the canaries tried."),
        Leaked = Telemetry.Meter.CreateCounter<long>(
            "cleantenancy.isolation.leaks", description: "Crossings that were not refused. Must stay 0.");

    private readonly List<string> _broken = [];
    private int _crossings;

    public async Task<CanaryReport> RunAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var tables = await TablesAsync(cancellationToken);
        foreach (var (mine, other) in new[] { (A, B), (B, A) })
        {
            var marker = await MarkerAsync(other, cancellationToken);
            foreach (var table in tables)
            {
                try
                {
                    await TryAsync(table, mine, other, marker, cancellationToken);
                }
                catch (PostgresException failure)
                {
                    _broken.Add($"{table}: cannot be tried: {failure.SqlState}");
                }
            }
        }

        foreach (var table in tables) await TryUnboundAsync(table, cancellationToken);
        if (tables.Count == 0) _broken.Add("There is no table to try.");
        Tried.Add(_crossings);
        Leaked.Add(_broken.Count);
        return new(now, _broken.Count == 0, tables.Count, _crossings, _broken);
    }

    /// <summary>From the catalogue: a table is tried on the day that it is added.</summary>
    private async Task<List<string>> TablesAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select c.relname::text from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and c.relname not in ('tenant_slugs', 'tenant_hosts')
              and (c.relname = 'organizations' or exists (
                select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
            order by 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) tables.Add(reader.GetString(0));
        return tables;
    }

    /// <summary>What the other one alone can read.</summary>
    private async Task<string> MarkerAsync(Guid tenant, CancellationToken cancellationToken)
    {
        var marker = "";
        await InTransactionAsync(tenant, async () =>
        {
            marker = await ScalarAsync<string>("select name from organizations", cancellationToken) ?? "";
        }, cancellationToken);
        if (marker.Length == 0) _broken.Add("organizations: a canary is missing");
        return marker;
    }

    private Task TryAsync(
        string table, Guid mine, Guid other, string marker, CancellationToken cancellationToken) =>
        InTransactionAsync(mine, async () =>
        {
            var (key, org) = (FenceManifest.KeyOf(table), $"'{other}'");
            // A probe that sees nothing at all would find every fence closed.
            if (await ScalarAsync<long>($"select count(*) from {table} where {key} = '{mine}'", cancellationToken) == 0)
                _broken.Add($"{table}: a canary is missing");

            await SeesNothingAsync($"select count(*) from {table} where {key} = {org}");
            await SeesNothingAsync($"select count(*) from {table} where {key} <> '{mine}'");
            await SeesNothingAsync(
                $"select count(*) from {table} t where strpos(to_jsonb(t)::text, '{marker}') > 0");
            await ChangesNothingAsync($"update {table} set {key} = {key} where {key} = {org}");
            await ChangesNothingAsync($"delete from {table} where {key} = {org}");
            await RefusesAsync($"update {table} set {key} = {org}");
            await RefusesAsync(
                $"insert into {table} select (jsonb_populate_record(t, jsonb_build_object('{key}', {org}))).* from {table} t");

            async Task SeesNothingAsync(string sql)
            {
                _crossings++;
                if (await ScalarAsync<long>(sql, cancellationToken) != 0) _broken.Add($"{table}: {sql}");
            }

            async Task ChangesNothingAsync(string sql)
            {
                _crossings++;
                if (await AttemptAsync(sql, cancellationToken) is > 0) _broken.Add($"{table}: {sql}");
            }

            async Task RefusesAsync(string sql)
            {
                _crossings++;
                if (await AttemptAsync(sql, cancellationToken) is not null) _broken.Add($"{table}: {sql}");
            }
        }, cancellationToken);

    private Task TryUnboundAsync(string table, CancellationToken cancellationToken) =>
        InTransactionAsync(tenant: null, async () =>
        {
            _crossings++;
            if (await ScalarAsync<long>($"select count(*) from {table}", cancellationToken) != 0)
                _broken.Add($"{table}: rows are seen though nobody is bound");
        }, cancellationToken);

    private async Task InTransactionAsync(Guid? tenant, Func<Task> work, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (tenant is { } org)
        {
            await using var bind = TenantContext.Command(new TenantBinding(new TenantId(org)), connection, transaction);
            await bind.ExecuteNonQueryAsync(cancellationToken);
        }

        await work();
        await transaction.RollbackAsync(cancellationToken);
    }

    /// <returns>Rows; null when it was refused: by the fence, or for want of the privilege.</returns>
    private async Task<int?> AttemptAsync(string sql, CancellationToken cancellationToken)
    {
        await ExecuteAsync("savepoint attempt");
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException refused)
        {
            // Whatever else refused it, the fence had let it pass by then.
            return refused.SqlState is PostgresErrorCodes.InsufficientPrivilege ? null : int.MaxValue;
        }
        finally
        {
            await ExecuteAsync("rollback to savepoint attempt");
        }

        async Task ExecuteAsync(string statement)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }
}
