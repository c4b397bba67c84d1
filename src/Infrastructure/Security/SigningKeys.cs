using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>The ES256 keys of access tokens: from Jwt:SigningKey (PEM) if given, else kept in the database.</summary>
internal sealed class SigningKeys
{
    private SigningKeys(IReadOnlyList<ECDsaSecurityKey> keys) => All = keys;

    /// <summary>Newest first: the first signs, all of them verify.</summary>
    public IReadOnlyList<ECDsaSecurityKey> All { get; }

    public SigningCredentials Credentials => new(All[0], SecurityAlgorithms.EcdsaSha256);

    public static SigningKeys FromPem(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new([new ECDsaSecurityKey(key) { KeyId = Thumbprint(key) }]);
    }

    /// <summary>Instances that start together agree on one key: they queue at a lock, and the first makes it.</summary>
    public static async Task<SigningKeys> LoadAsync(
        NpgsqlDataSource platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var connection = await platform.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var queue = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('signing_keys'))", connection, transaction))
            await queue.ExecuteNonQueryAsync(cancellationToken);
        var keys = await ReadAsync(connection, transaction, cancellationToken);
        if (keys.Count == 0)
        {
            await MakeAsync(connection, transaction, clock.GetUtcNow(), cancellationToken);
            keys = await ReadAsync(connection, transaction, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new(keys);
    }

    private static async Task<List<ECDsaSecurityKey>> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var keys = new List<ECDsaSecurityKey>();
        await using var select = new NpgsqlCommand(
            "select kid, private_key from signing_keys order by created_at desc", connection, transaction);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(reader.GetFieldValue<byte[]>(1), out _);
            keys.Add(new ECDsaSecurityKey(key) { KeyId = reader.GetString(0) });
        }

        return keys;
    }

    private static async Task MakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var insert = new NpgsqlCommand(
            "insert into signing_keys (kid, private_key, created_at) values ($1, $2, $3)", connection, transaction);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Thumbprint(key) });
        insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ExportPkcs8PrivateKey() });
        insert.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Thumbprint(ECDsa key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..32];
}
