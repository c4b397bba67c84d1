using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>A key that signs access tokens.</summary>
/// <param name="Id">Its kid (RFC 7517, 4.5).</param>
/// <param name="Pkcs8">The private key (RFC 5208).</param>
/// <param name="SignsFrom">Before this it is only published.</param>
internal sealed record StoredKey(string Id, byte[] Pkcs8, DateTimeOffset SignsFrom);

/// <summary>Keeps the signing keys, as platform_role: no tenant's connection can read them.</summary>
internal static class SigningKeyStore
{
    /// <summary>
    /// From being stored to signing: every instance has read it by then (30 seconds), and so has whoever keeps the
    /// published keys (5 minutes).
    /// </summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);

    /// <summary>
    /// From signing no more to being retired: longer than any token lives (60 minutes and the skew, an operator's who
    /// acts for somebody).
    /// </summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromMinutes(90);

    private const string Valid =
        "select kid, private_key, signs_from from signing_keys where retired_at is null order by signs_from desc, kid";

    /// <summary>
    /// Newest first. Instances that start together queue at a lock, and the first makes the key for all.
    /// </summary>
    public static async Task<IReadOnlyList<StoredKey>> LoadOrMakeAsync(
        NpgsqlDataSource platform, Func<(string Id, byte[] Pkcs8)> make, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await QueueAsync(connection, cancellationToken);
        var keys = await ReadAsync(new NpgsqlCommand(Valid, connection), cancellationToken);
        if (keys.Count == 0)
        {
            await AddAsync(make(), now, now, connection, cancellationToken);
            keys = await ReadAsync(new NpgsqlCommand(Valid, connection), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    /// <summary>Those that are not retired, newest first.</summary>
    public static async Task<IReadOnlyList<StoredKey>> ReadAsync(
        NpgsqlDataSource platform, CancellationToken cancellationToken) =>
        await ReadAsync(platform.CreateCommand(Valid), cancellationToken);

    /// <summary>
    /// Adds a key that signs after the lead, unless one is waiting already, and retires those that have signed nothing
    /// for longer than the overlap.
    /// </summary>
    public static async Task<KeyRotation> RotateAsync(
        NpgsqlDataSource platform, Func<(string Id, byte[] Pkcs8)> make, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await QueueAsync(connection, cancellationToken);
        var keys = await ReadAsync(new NpgsqlCommand(Valid, connection), cancellationToken);
        var isWaiting = keys is [{ SignsFrom: var from }, ..] && from > now;
        if (!isWaiting) await AddAsync(make(), now, now + Lead, connection, cancellationToken);
        var retired = await RetireAsync(now, connection, cancellationToken);
        var left = await ReadAsync(new NpgsqlCommand(Valid, connection), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new(left[0].Id, left[0].SignsFrom, IsNew: !isWaiting, retired);
    }

    private static async Task QueueAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var queue = new NpgsqlCommand(
            "select pg_advisory_xact_lock(hashtext('signing_keys'))", connection);
        await queue.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<StoredKey>> ReadAsync(NpgsqlCommand select, CancellationToken cancellationToken)
    {
        var keys = new List<StoredKey>();
        await using (select)
        {
            await using var reader = await select.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                keys.Add(new StoredKey(
                    reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return keys;
    }

    private static async Task AddAsync(
        (string Id, byte[] Pkcs8) key, DateTimeOffset now, DateTimeOffset signsFrom, NpgsqlConnection connection,
        CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            "insert into signing_keys (kid, private_key, created_at, signs_from) values ($1, $2, $3, $4)", connection);
        insert.With(key.Id).With(key.Pkcs8).With(now.UtcDateTime).With(signsFrom.UtcDateTime);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A key stops signing when a newer one starts to.</summary>
    private static async Task<int> RetireAsync(
        DateTimeOffset now, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var retire = new NpgsqlCommand(
            """
            update signing_keys k set retired_at = $1
            where k.retired_at is null and exists (
              select from signing_keys n
              where n.retired_at is null and n.signs_from > k.signs_from and n.signs_from <= $2)
            """,
            connection);
        retire.With(now.UtcDateTime).With((now - Overlap).UtcDateTime);
        return await retire.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <param name="Id">The key that signs next.</param>
/// <param name="SignsFrom">When it begins.</param>
/// <param name="IsNew">False when one was waiting already.</param>
/// <param name="Retired">How many verify no longer.</param>
internal sealed record KeyRotation(string Id, DateTimeOffset SignsFrom, bool IsNew, int Retired);
