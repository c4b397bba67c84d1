using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IAuditKeeping"/>
internal sealed class AuditKeeping(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, TimeProvider clock) : IAuditKeeping
{
    private const int TenantsAtATime = 500, RowsOfASeal = 1000, SealsAtATime = 20;

    /// <summary>The first sweep of this process looks at everything, the others at what is younger than this.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(2);

    private DateTimeOffset? _swept;

    public async Task<long> SealAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetUtcNow();
        var since = _swept is { } last ? last - Recent : DateTimeOffset.UnixEpoch;
        var total = 0L;
        while (true)
        {
            var tenants = await DueAsync(since, cancellationToken);
            var before = total;
            foreach (var tenant in tenants) total += await SealAsync(tenant, cancellationToken);
            // Fewer than asked for are all; none sealed are another instance's.
            if (tenants.Count < TenantsAtATime || total == before) break;
        }

        _swept = started;
        return total;
    }

    public async Task<long> ExpireAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        var now = clock.GetUtcNow();
        foreach (var (org, days) in await RetentionAsync(cancellationToken))
        {
            long taken;
            do
            {
                await using var expire = platform.CreateCommand("select expire_audit_log($1, $2, $3)");
                expire.With(org).With(now.UtcDateTime.AddDays(-days)).With(SealsAtATime);
                taken = (long)(await expire.ExecuteScalarAsync(cancellationToken))!;
                total += taken;
            }
            while (taken > 0);
        }

        return total;
    }

    public async Task<int> KeepPartitionsAsync(CancellationToken cancellationToken)
    {
        await using var keep = platform.CreateCommand("select keep_audit_partitions()");
        return (int)(await keep.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<List<Guid>> DueAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var due = platform.CreateCommand("select audit_unsealed_tenants($1, $2)");
        due.With(since.UtcDateTime).With(TenantsAtATime);
        await using var reader = await due.ExecuteReaderAsync(cancellationToken);
        var tenants = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken)) tenants.Add(reader.GetGuid(0));
        return tenants;
    }

    /// <summary>Each batch is a transaction of its own: nothing waits for the last.</summary>
    private async Task<long> SealAsync(Guid org, CancellationToken cancellationToken)
    {
        var total = 0L;
        int rows;
        do
        {
            await using var seal = platform.CreateCommand("select seal_audit_log($1, $2)");
            seal.With(org).With(RowsOfASeal);
            rows = (int)(await seal.ExecuteScalarAsync(cancellationToken))!;
            total += rows;
        }
        while (rows == RowsOfASeal);
        return total;
    }

    private async Task<List<(Guid Org, int Days)>> RetentionAsync(CancellationToken cancellationToken)
    {
        await using var plans = platform.CreateCommand(
            "select o.id, p.audit_retention_days from organizations o join plans p on p.tier = o.tier "
            + "where o.state <> 'purged'"); // what is left of those is the purge's affair; and the canaries stay
        await using var reader = await plans.ExecuteReaderAsync(cancellationToken);
        var tenants = new List<(Guid, int)>();
        while (await reader.ReadAsync(cancellationToken)) tenants.Add((reader.GetGuid(0), reader.GetInt32(1)));
        return tenants;
    }
}
