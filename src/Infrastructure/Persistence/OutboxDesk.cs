using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IOutboxDesk"/>
internal sealed class OutboxDesk(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformTenancy tenancy,
    ICaller caller, TimeProvider clock) : IOutboxDesk
{
    private const string Columns =
        "m.id, m.org_id, m.kind, m.attempts, m.created_at, m.available_at, m.done_at, m.dead_at, m.last_error";

    public async Task<IReadOnlyList<OutboxMessageDetails>> ListAsync(
        OutboxStatus? status, TenantId? org, MessageId before, int take, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            $"""
            select {Columns} from outbox m join organizations o on o.id = m.org_id
            where m.id < $1 and ($2 is null or m.org_id = $2) and o.state <> 'purged' and {Condition(status)}
            order by m.id desc limit $3
            """); // the canaries are purged, too: nobody's messages
        select.With(before.Value).WithNullable(org?.Value, NpgsqlDbType.Uuid).With(take);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var found = new List<OutboxMessageDetails>();
        while (await reader.ReadAsync(cancellationToken)) found.Add(Read(reader));
        return found;
    }

    public async Task<OutboxMessageDetails?> RetryAsync(
        MessageId id, string reason, CancellationToken cancellationToken)
    {
        if (await OwnerAsync(id, cancellationToken) is not { } org) return null;

        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        if (!await transaction.ExistsAsync(cancellationToken)) return null;
        if (await ReviveAsync(transaction, id, cancellationToken) is not { } revived) return null;

        var details = new { revived.Kind, Message = id, Reason = reason, Operator = caller.RequiredOperator().Name };
        await transaction.RecordAsync("outbox_message.retried", id.Value, details, cancellationToken);
        await transaction.RecordForPlatformAsync("outbox_message.retried", details, cancellationToken);
        await transaction.CommitAsync();
        return revived;
    }

    /// <summary>Whose it is: the one question that crosses tenants; all after it is bound to the answer.</summary>
    private async Task<TenantId?> OwnerAsync(MessageId id, CancellationToken cancellationToken)
    {
        await using var owner = platform.CreateCommand("select org_id from outbox where id = $1 and dead_at is not null");
        owner.With(id.Value);
        return await owner.ExecuteScalarAsync(cancellationToken) is Guid org ? new TenantId(org) : null;
    }

    private async Task<OutboxMessageDetails?> ReviveAsync(
        PlatformTransaction transaction, MessageId id, CancellationToken cancellationToken)
    {
        await using var revive = transaction.Command(
            $"""
            update outbox m set dead_at = null, attempts = 0, available_at = $3, claimed_until = null
            where m.org_id = $1 and m.id = $2 and m.dead_at is not null
            returning {Columns}
            """).With(transaction.OrgId.Value).With(id.Value).With(clock.GetUtcNow().UtcDateTime);
        await using var reader = await revive.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    private static string Condition(OutboxStatus? status) => status switch
    {
        null => "true",
        OutboxStatus.Due => "m.done_at is null and m.dead_at is null",
        OutboxStatus.Done => "m.done_at is not null",
        OutboxStatus.Dead => "m.dead_at is not null",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private static OutboxMessageDetails Read(NpgsqlDataReader reader)
    {
        var (done, dead) = (Instant(reader, 6), Instant(reader, 7));
        return new(
            new(reader.GetGuid(0)),
            new(reader.GetGuid(1)),
            reader.GetString(2),
            done is not null ? OutboxStatus.Done : dead is not null ? OutboxStatus.Dead : OutboxStatus.Due,
            reader.GetInt32(3),
            reader.GetFieldValue<DateTimeOffset>(4),
            reader.GetFieldValue<DateTimeOffset>(5),
            done,
            dead,
            reader.IsDBNull(8) ? null : reader.GetString(8));
    }

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
