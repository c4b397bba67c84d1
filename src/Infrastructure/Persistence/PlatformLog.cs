using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Appends to the platform's log, on a connection of platform_role: in its transaction, if it has one.</summary>
internal sealed class PlatformLog(ICaller caller, TimeProvider clock)
{
    public async Task AppendAsync(
        NpgsqlConnection connection, string deed, OperatorId? id, Guid? row, object? details,
        CancellationToken cancellationToken)
    {
        // Who failed to sign in is nobody, whoever's account it was.
        var kind = caller.IsSystem ? ActorKind.System
            : id is null || deed == Denial.SignIn ? ActorKind.Public
            : ActorKind.Operator;
        var now = clock.GetUtcNow();
        await using var insert = new NpgsqlCommand(
            """
            insert into platform_audit_logs
              (id, created_at, action, actor_kind, operator_id, row_id, details, address, request_id, trace_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            connection);
        insert.With(Guid.CreateVersion7(now)).With(now.UtcDateTime).With(deed).With(Wire.Text(kind))
            .WithNullable(id?.Value, NpgsqlDbType.Uuid)
            .WithNullable(row, NpgsqlDbType.Uuid)
            .WithNullable(details is null ? null : JsonSerializer.Serialize(details, Wire.Json), NpgsqlDbType.Jsonb)
            .With(caller.Address).With(caller.RequestId)
            .WithNullable(caller.TraceId, NpgsqlDbType.Text);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
