using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>The outbox of all tenants, each step a short transaction of its own. As platform_role.</summary>
internal sealed class OutboxQueue(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, TimeProvider clock)
{
    /// <summary>Tenants with something to do now, the longest waiting first; none that is purged.</summary>
    public async Task<IReadOnlyList<(TenantId OrgId, DateTimeOffset Since)>> DueAsync(
        string[] kinds, int limit, CancellationToken cancellationToken)
    {
        await using var due = platform.CreateCommand(
            """
            select org_id, min(available_at) from outbox
            where done_at is null and dead_at is null and available_at <= $1 and kind = any($2)
              and (claimed_until is null or claimed_until <= clock_timestamp())
              and exists (select from organizations t where t.id = outbox.org_id and t.state <> 'purged')
            group by org_id order by min(available_at) limit $3
            """);
        due.With(clock.GetUtcNow().UtcDateTime).With(kinds).With(limit);
        await using var reader = await due.ExecuteReaderAsync(cancellationToken);
        var tenants = new List<(TenantId, DateTimeOffset)>();
        while (await reader.ReadAsync(cancellationToken))
            tenants.Add((new(reader.GetGuid(0)), reader.GetFieldValue<DateTimeOffset>(1)));
        return tenants;
    }

    /// <summary>
    /// Takes the tenant's first due message of a kind nobody works on: one at a time for each kind, in order. The lock,
    /// for as long as the claim takes, keeps a second claim from looking before it sees the first. What a purged tenant
    /// left is erased, and not sent.
    /// </summary>
    /// <param name="lease">By the database's clock.</param>
    /// <returns>Null when there is none.</returns>
    public async Task<OutboxDelivery?> ClaimAsync(
        TenantId org, string[] kinds, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var batch = platform.CreateBatch();
        batch.BatchCommands.Add(new("select pg_advisory_xact_lock(hashtextextended('outbox ' || $1::text, 0))")
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = org.Value } },
        });
        batch.BatchCommands.Add(new(
            """
            with next as (
              select m.id, m.claimed_until is not null as lapsed from outbox m
              where m.org_id = $1 and m.done_at is null and m.dead_at is null
                and m.available_at <= $2 and m.kind = any($3)
                and (m.claimed_until is null or m.claimed_until <= clock_timestamp())
                and not exists (
                  select from outbox other
                  where other.org_id = $1 and other.kind = m.kind and other.done_at is null and other.dead_at is null
                    and other.claimed_until > clock_timestamp())
              order by m.id limit 1 for update of m skip locked)
            update outbox o
            set attempts = o.attempts + 1, fence = o.fence + 1, claimed_until = clock_timestamp() + $4
            from next, organizations t
            where o.org_id = $1 and o.id = next.id and t.id = $1 and t.state <> 'purged'
            returning o.id, o.kind, o.payload, o.created_at, o.attempts, o.fence, next.lapsed,
              t.name, t.locale, t.time_zone
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = org.Value },
                new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime },
                new NpgsqlParameter<string[]> { TypedValue = kinds },
                new NpgsqlParameter<TimeSpan> { TypedValue = lease },
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new OutboxDelivery(
                new(org, reader.GetString(7), reader.GetString(8), reader.GetString(9)),
                new(reader.GetGuid(0)),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetInt32(4),
                reader.GetInt64(5),
                reader.GetBoolean(6))
            : null;
    }

    /// <summary>Done, and empty: a payload may hold what a mail shows once.</summary>
    /// <returns>False when somebody else has taken the message over: what was done here was done once too often.</returns>
    public Task<bool> DoneAsync(OutboxDelivery message, CancellationToken cancellationToken) => FinishAsync(
        """
        update outbox set done_at = $4, payload = '{}', claimed_until = null, last_error = null
        where org_id = $1 and id = $2 and fence = $3 and done_at is null
        """,
        message, command => command.With(clock.GetUtcNow().UtcDateTime), cancellationToken);

    /// <returns>False when somebody else has taken the message over.</returns>
    public Task<bool> PostponeAsync(
        OutboxDelivery message, TimeSpan delay, string error, CancellationToken cancellationToken) => FinishAsync(
        """
        update outbox set available_at = $4, claimed_until = null, last_error = $5
        where org_id = $1 and id = $2 and fence = $3 and done_at is null
        """,
        message, command => command.With((clock.GetUtcNow() + delay).UtcDateTime).With(error), cancellationToken);

    /// <summary>Given up; the payload stays, for an operator may make it due again.</summary>
    /// <returns>False when somebody else has taken the message over.</returns>
    public Task<bool> BuryAsync(OutboxDelivery message, string error, CancellationToken cancellationToken) => FinishAsync(
        """
        update outbox set dead_at = $4, claimed_until = null, last_error = $5
        where org_id = $1 and id = $2 and fence = $3 and done_at is null
        """,
        message, command => command.With(clock.GetUtcNow().UtcDateTime).With(error), cancellationToken);

    private async Task<bool> FinishAsync(
        string sql, OutboxDelivery message, Action<NpgsqlCommand> parameters, CancellationToken cancellationToken)
    {
        await using var finish = platform.CreateCommand(sql);
        finish.With(message.Tenant.Id.Value).With(message.Id.Value).With(message.Fence);
        parameters(finish);
        return await finish.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
