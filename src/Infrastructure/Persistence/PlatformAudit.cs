using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IPlatformAudit"/>
internal sealed class PlatformAudit(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform) : IPlatformAudit
{
    /// <summary>
    /// By the tenant's id, or by the tenant in which something was begun (an impersonation is a session's line): each by
    /// its index. Of an "or" of both the planner expects so much that it reads the whole log backwards.
    /// </summary>
    private const string OfTenant =
        """
        ((select * from platform_audit_logs
          where row_id = $3 and id < $1 and ($2 is null or action = $2) order by id desc limit $4)
        union all
        (select * from platform_audit_logs
          where details ->> 'org' = $3::text and row_id is distinct from $3 and id < $1 and ($2 is null or action = $2)
          order by id desc limit $4))
        """;

    public async Task<IReadOnlyList<PlatformAuditEntry>> ListAsync(
        string? action, TenantId? org, AuditEntryId before, int take, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            $"""
            select l.id, l.created_at, l.action, l.actor_kind, l.operator_id, o.name, l.row_id, l.details::text,
              l.address, l.request_id, l.trace_id
            from {(org is null ? "platform_audit_logs" : OfTenant)} l
            left join platform_operators o on o.id = l.operator_id
            where l.id < $1 and ($2 is null or l.action = $2)
            order by l.id desc limit $4
            """);
        select.With(before.Value).WithNullable(action, NpgsqlDbType.Text).WithNullable(org?.Value, NpgsqlDbType.Uuid)
            .With(take);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var lines = new List<PlatformAuditEntry>();
        while (await reader.ReadAsync(cancellationToken))
            lines.Add(new(
                new(reader.GetGuid(0)),
                reader.GetFieldValue<DateTimeOffset>(1),
                reader.GetString(2),
                Wire.Parse<ActorKind>(reader.GetString(3)),
                reader.IsDBNull(4) ? null : new OperatorId(reader.GetGuid(4)),
                Text(reader, 5),
                reader.IsDBNull(6) ? null : reader.GetGuid(6),
                Text(reader, 7) is { } details ? JsonSerializer.Deserialize<JsonElement>(details) : null,
                Text(reader, 8),
                Text(reader, 9),
                Text(reader, 10)));
        return lines;
    }

    private static string? Text(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);
}
