using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IOperators"/>
internal sealed class Operators(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformLog log, ICaller caller,
    TimeProvider clock, IHostEnvironment environment, IConfiguration configuration)
    : IOperators
{
    /// <summary>However often it is refreshed (NIST SP 800-63B-4, 2.2.3).</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>Unused for this long, it ends.</summary>
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromHours(1);

    public async Task<OperatorAccount?> FindAsync(string normalizedEmail, CancellationToken cancellationToken)
    {
        await using var command = platform.CreateCommand(
            """
            select id, email, name, password_hash, case when totp_confirmed_at is not null then totp_secret end
            from platform_operators where normalized_email = $1
            """);
        command.With(normalizedEmail);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(
                new(reader.GetGuid(0)), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4))
            : null;
    }

    public bool RequireTotp =>
        configuration.GetValue<bool?>("Platform:RequireTotp") ?? !environment.IsDevelopment();

    public async Task<IReadOnlyList<string>> PlacesAsync(
        OperatorId? id, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = platform.CreateCommand("""
            select distinct client_address from operator_sessions where operator_id = $1 and created_at > $2 limit 200
            """);
        command.With(id?.Value ?? Guid.Empty).With(since.UtcDateTime);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var places = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) places.Add(reader.GetString(0));
        return places;
    }

    public async Task<bool> UseStepAsync(OperatorAccount account, long step, CancellationToken cancellationToken)
    {
        await using var command = platform.CreateCommand("""
            update platform_operators set totp_last_step = $3
            where id = $1 and totp_secret = $2 and totp_confirmed_at is not null
              and (totp_last_step is null or totp_last_step < $3)
            """);
        command.With(account.Id.Value).With(account.TotpSecret!).With(step);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public async Task<OperatorSessionId> StartAsync(
        OperatorId id, byte[] refreshHash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var session = OperatorSessionId.New(now);
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(
            connection,
            """
            insert into operator_sessions (id, operator_id, created_at, expires_at, client_address)
            values ($1, $2, $3, $4, $5)
            """,
            c => c.With(session.Value).With(id.Value).With(now.UtcDateTime).With((now + Lifetime).UtcDateTime)
                .With(caller.Address),
            cancellationToken);
        await IssueAsync(connection, refreshHash, session.Value, now, cancellationToken);
        await LogAsync(connection, "operator_session.started", id, session.Value, reason: null, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return session;
    }

    public async Task<Operator?> RotateAsync(
        byte[] hash, byte[] nextHash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var person = await UseAsync(connection, hash, now, cancellationToken);
        if (person is null)
        {
            await EndIfReusedAsync(connection, hash, now, cancellationToken);
        }
        else
        {
            await IssueAsync(connection, nextHash, person.SessionId.Value, now, cancellationToken);
            await LogAsync(
                connection, "operator_session.refreshed", person.Id, person.SessionId.Value, reason: null,
                cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return person;
    }

    public async Task EndAsync(OperatorTicket ticket, CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await EndAsync(connection, ticket.SessionId.Value, "signed_out", clock.Now(), cancellationToken);
        await LogAsync(
            connection, "operator_session.ended", ticket.OperatorId, ticket.SessionId.Value, reason: null, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
    }

    public async Task<Operator?> FindAsync(OperatorTicket ticket, CancellationToken cancellationToken)
    {
        await using var command = platform.CreateCommand("""
            select o.email, o.name from operator_sessions s join platform_operators o on o.id = s.operator_id
            where s.id = $1 and o.id = $2 and s.revoked_at is null and s.expires_at > $3
            """);
        command.With(ticket.SessionId.Value).With(ticket.OperatorId.Value).With(clock.Now().UtcDateTime);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(ticket.OperatorId, ticket.SessionId, reader.GetString(0), reader.GetString(1))
            : null;
    }

    public async Task RecordAsync(string deed, OperatorId? id, string? reason, CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await LogAsync(connection, deed, id, row: null, reason, cancellationToken);
    }

    public async Task RecordAsync(
        string deed, OperatorId? id, Guid row, object details, CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await log.AppendAsync(connection, deed, id, row, details, cancellationToken);
    }

    /// <summary>One conditional UPDATE: of parallel uses of one token one wins.</summary>
    private static async Task<Operator?> UseAsync(
        NpgsqlConnection connection, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var use = new NpgsqlCommand(
            """
            update operator_refresh_tokens t set used_at = $2
            from operator_sessions s join platform_operators o on o.id = s.operator_id
            where t.hash = $1 and t.used_at is null and t.expires_at > $2
              and s.id = t.session_id and s.revoked_at is null and s.expires_at > $2
            returning o.id, s.id, o.email, o.name
            """,
            connection);
        use.With(hash).With(now.UtcDateTime);
        await using var reader = await use.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(new(reader.GetGuid(0)), new(reader.GetGuid(1)), reader.GetString(2), reader.GetString(3))
            : null;
    }

    private async Task EndIfReusedAsync(
        NpgsqlConnection connection, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var reused = new NpgsqlCommand(
            """
            select s.id, s.operator_id from operator_refresh_tokens t join operator_sessions s on s.id = t.session_id
            where t.hash = $1 and t.used_at is not null and s.revoked_at is null
            """,
            connection);
        reused.With(hash);
        (Guid Session, Guid Operator)? found = null;
        await using (var reader = await reused.ExecuteReaderAsync(cancellationToken))
            if (await reader.ReadAsync(cancellationToken))
                found = (reader.GetGuid(0), reader.GetGuid(1));
        if (found is not { } family) return;

        await EndAsync(connection, family.Session, "refresh_token_reused", now, cancellationToken);
        await LogAsync(
            connection, "operator_session.refresh_token_reused", new OperatorId(family.Operator), family.Session, reason: null,
            cancellationToken);
    }

    private static Task IssueAsync(
        NpgsqlConnection connection, byte[] hash, Guid session, DateTimeOffset now,
        CancellationToken cancellationToken) =>
        ExecuteAsync(
            connection,
            """
            insert into operator_refresh_tokens (hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)
            """,
            c => c.With(hash).With(session).With(now.UtcDateTime).With((now + IdleLifetime).UtcDateTime),
            cancellationToken);

    private static Task EndAsync(
        NpgsqlConnection connection, Guid session, string reason, DateTimeOffset now,
        CancellationToken cancellationToken) =>
        ExecuteAsync(
            connection,
            "update operator_sessions set revoked_at = $2, revoked_reason = $3 where id = $1 and revoked_at is null",
            c => c.With(session).With(now.UtcDateTime).With(reason),
            cancellationToken);

    private Task LogAsync(
        NpgsqlConnection connection, string deed, OperatorId? id, Guid? row, string? reason,
        CancellationToken cancellationToken) =>
        log.AppendAsync(connection, deed, id, row, reason is null ? null : new { reason }, cancellationToken);

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, Action<NpgsqlCommand> fill, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        fill(command);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
