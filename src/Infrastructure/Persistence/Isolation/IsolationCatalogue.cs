using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence.Isolation;

/// <summary>Asks the catalogue all rules, in one round trip.</summary>
internal static class IsolationCatalogue
{
    private static readonly Lazy<string[]> Audited = new(() =>
    {
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        return [.. AuditedTable.Of(db.Model).Select(table => $"{table.Name} {table.Arguments}")];
    });

    public static async Task<IReadOnlyList<IsolationRuleReport>> ReadAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var rule in IsolationRules.All)
        {
            var command = new NpgsqlBatchCommand(IsolationRules.Names + rule.Sql);
            foreach (var names in Parameters())
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = names });
            batch.BatchCommands.Add(command);
        }

        var reports = new List<IsolationRuleReport>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var rule in IsolationRules.All)
        {
            reports.Add(await ReadAsync(rule, reader, cancellationToken));
            await reader.NextResultAsync(cancellationToken);
        }

        return reports;
    }

    private static async Task<IsolationRuleReport> ReadAsync(
        IsolationRule rule, NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var examined = new SortedSet<string>(StringComparer.Ordinal);
        var broken = new SortedSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var item = reader.GetString(0);
            examined.Add(item);
            if (!await reader.IsDBNullAsync(1, cancellationToken)) broken.Add($"{item}: {reader.GetString(1)}");
        }

        return new(rule.Control, rule.Name, examined.Count > 0 && broken.Count == 0, [.. examined], [.. broken]);
    }

    /// <summary>In the order of <see cref="IsolationRules.Names"/>.</summary>
    private static IEnumerable<string[]> Parameters() =>
    [
        [.. FenceManifest.TenantTables.Keys], [.. FenceManifest.TenantTables.Values],
        [.. FenceManifest.SharedTables.Keys],
        [.. FenceManifest.OtherGrants.Select(g => g.Table)], [.. FenceManifest.OtherGrants.Select(g => g.Role)],
        [.. FenceManifest.OtherGrants.Select(g => g.Privileges)],
        [.. FenceManifest.OtherPolicies.Select(p => p.Table)], [.. FenceManifest.OtherPolicies.Select(p => p.Policy)],
        [.. FenceManifest.Definers.Keys],
        [.. FenceManifest.Callable.Select(c => c.Role)], [.. FenceManifest.Callable.Select(c => c.Function)],
        Audited.Value,
        [.. FenceManifest.NotAudited.Keys],
    ];
}
