using System.Diagnostics.Metrics;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IUsageAudit"/>
internal sealed partial class UsageAudit(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform,
    IDbContextFactory<AppDbContext> contexts, ILogger<UsageAudit> log)
    : IUsageAudit
{
    private const int MostOfATenant = 20;

    private static readonly Counter<long> Found = Telemetry.Meter.CreateCounter<long>(
        "cleantenancy.usage.drifts", description: "Counters that were not what they count. Must stay 0.");

    /// <summary>One statement is one snapshot: counters and rows change in the same transactions.</summary>
    private const string Compare = $"""
        select resource, null::uuid, used, real from ({UsageTruth.Counters}) c where used <> real
        union all
        select 'event.registered', id, registered, real from ({UsageTruth.Registered}) e where registered <> real
        limit $2
        """;

    public async Task<IReadOnlyList<UsageDrift>> CompareAsync(CancellationToken cancellationToken)
    {
        var drifts = new List<UsageDrift>();
        foreach (var org in await platform.ListTenantsAsync(cancellationToken))
            drifts.AddRange(await CompareAsync(org, cancellationToken));

        foreach (var drift in drifts) Drifted(drift.OrgId.Value, drift.Counter, drift.Row, drift.Counted, drift.Real);
        Found.Add(drifts.Count);
        return drifts;
    }

    private async Task<List<UsageDrift>> CompareAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(org));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await using var compare = db.Command(Compare).With(org.Value).With(MostOfATenant);
        await using var reader = await compare.ExecuteReaderAsync(cancellationToken);
        var drifts = new List<UsageDrift>();
        while (await reader.ReadAsync(cancellationToken))
            drifts.Add(new(
                org, reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt64(2),
                reader.GetInt64(3)));
        return drifts;
    }

    [LoggerMessage(
        Level = LogLevel.Error, Message = "Usage drifted: tenant {Org}, {Counter} {Row} says {Counted}, there are {Real}")]
    private partial void Drifted(Guid org, string counter, Guid? row, long counted, long real);
}

/// <summary>What the counters count, in SQL; $1 is the tenant.</summary>
internal static class UsageTruth
{
    public const string Counters = """
        select u.resource, u.used, case u.resource
          when 'events' then (select count(*) from events e where e.org_id = $1 and e.status in ('draft', 'live'))
          when 'participants' then (
            select count(*) from registrations r join events e on e.org_id = $1 and e.id = r.event_id
            where r.org_id = $1 and r.status in ('held', 'active') and e.status <> 'archived')
          when 'members' then (select count(*) from users m where m.org_id = $1 and m.status <> 'removed') + (
            select count(*) from invitations i where i.org_id = $1 and i.accepted_at is null and i.revoked_at is null)
          when 'storage' then (
            select coalesce(sum(bytes), 0)::bigint from (
              select size as bytes from files where org_id = $1
              union all select reserved from uploads where org_id = $1) stored)
          end as real
        from usage_counters u where u.org_id = $1
        """;

    public const string Registered = """
        select e.id, e.registered::bigint, (
          select count(*) from registrations r
          where r.org_id = $1 and r.event_id = e.id and r.status in ('held', 'active')) as real
        from events e where e.org_id = $1
        """;
}
