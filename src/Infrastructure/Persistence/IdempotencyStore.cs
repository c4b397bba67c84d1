using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Answers by (tenant, caller, key), kept for 24 hours (ADR 0016).</summary>
internal sealed class IdempotencyStore(AppDbContext db, ICaller caller, TimeProvider clock) : IIdempotencyStore
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>Callers without an account share the empty one; their keys are as random as ours.</summary>
    private Guid Caller => caller.Member?.Id.Value ?? Guid.Empty;

    public async Task<bool> TryEnterAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = db.Command("select pg_try_advisory_xact_lock($1)").With(LockNumber(key));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<StoredAnswer?> FindAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = db
            .Command(
                "select request_hash, answer from idempotency_keys "
                + "where org_id = $1 and caller_id = $2 and key = $3 and created_at > $4")
            .With(db.OrgId.Value).With(Caller).With(key).With((clock.GetUtcNow() - Kept).UtcDateTime);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredAnswer(reader.GetFieldValue<byte[]>(0), reader.GetString(1))
            : null;
    }

    public async Task SaveAsync(string key, StoredAnswer answer, CancellationToken cancellationToken)
    {
        // An answer older than a day is overwritten. A younger one was found before, unless another node that shares no
        // advisory locks with us wrote it meanwhile: then ours must not stand.
        await using var command = db
            .Command("""
                insert into idempotency_keys (org_id, caller_id, key, request_hash, answer, created_at)
                values ($1, $2, $3, $4, $5, $6)
                on conflict (org_id, caller_id, key) do update
                set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at
                where idempotency_keys.created_at <= $7
                """)
            .With(db.OrgId.Value).With(Caller).With(key).With(answer.RequestHash).With(answer.Json)
            .With(clock.GetUtcNow().UtcDateTime).With((clock.GetUtcNow() - Kept).UtcDateTime);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            throw new InvalidOperationException("Another request with the same key was answered meanwhile.");
    }

    /// <summary>The space of lock numbers is shared by all tenants: the tenant is part of what is hashed.</summary>
    private long LockNumber(string key) => BinaryPrimitives.ReadInt64BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"idempotency {db.OrgId.Value} {Caller} {key}")));
}
