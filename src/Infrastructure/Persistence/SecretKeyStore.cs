using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>What the key of sealed secrets is derived from.</summary>
internal static class SecretKeyStore
{
    /// <returns>The private key of the oldest signing key, retired or not; null before the first was made.</returns>
    public static async Task<byte[]?> FindOldestAsync(NpgsqlDataSource platform, CancellationToken cancellationToken)
    {
        await using var command = platform.CreateCommand(
            "select private_key from signing_keys order by created_at, kid limit 1");
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }
}
