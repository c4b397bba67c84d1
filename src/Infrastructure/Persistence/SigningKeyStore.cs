using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>A key that signs access tokens.</summary>
/// <param name="Id">Its kid (RFC 7517, 4.5).</param>
/// <param name="Pkcs8">The private key (RFC 5208).</param>
internal sealed record StoredKey(string Id, byte[] Pkcs8);

/// <summary>Keeps the signing keys, as platform_role: no tenant's connection can read them.</summary>
internal static class SigningKeyStore
{
    /// <summary>
    /// Newest first. Instances that start together queue at a lock, and the first makes the key for all.
    /// </summary>
    public static async Task<IReadOnlyList<StoredKey>> LoadOrMakeAsync(
        NpgsqlDataSource platform, Func<StoredKey> make, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var queue = new NpgsqlCommand(
            "select pg_advisory_xact_lock(hashtext('signing_keys'))", connection, transaction))
            await queue.ExecuteNonQueryAsync(cancellationToken);
        var keys = await ReadAsync(connection, transaction, cancellationToken);
        if (keys.Count == 0)
        {
            await AddAsync(make(), now, connection, transaction, cancellationToken);
            keys = await ReadAsync(connection, transaction, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    private static async Task<List<StoredKey>> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var keys = new List<StoredKey>();
        await using var select = new NpgsqlCommand(
            "select kid, private_key from signing_keys order by created_at desc", connection, transaction);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            keys.Add(new StoredKey(reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
        return keys;
    }

    private static async Task AddAsync(
        StoredKey key, DateTimeOffset now, NpgsqlConnection connection, NpgsqlTransaction transaction,
        CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            "insert into signing_keys (kid, private_key, created_at) values ($1, $2, $3)", connection, transaction);
        insert.With(key.Id).With(key.Pkcs8).With(now.UtcDateTime);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
