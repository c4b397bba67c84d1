using System.Security.Cryptography;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>
/// AES-256-GCM with the owner's id as associated data. The key is Secrets:Key if given; else it is derived (RFC 5869)
/// from what tenants' connections cannot read: the oldest signing key, whose row is never deleted, or Jwt:SigningKey.
/// </summary>
internal sealed class SecretBox(NpgsqlDataSource platform, IConfiguration configuration) : ISecretBox, IDisposable
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    private readonly SemaphoreSlim _loading = new(1);

    private readonly Dictionary<Source, byte[]> _keys = [];

    /// <summary>The first byte of a box, so that a key given later does not lock out what was sealed before.</summary>
    private enum Source : byte
    {
        StoredKey = 1,
        ConfiguredKey = 2,
        SigningPem = 3,
    }

    public async ValueTask<byte[]> SealAsync(byte[] secret, Guid owner, CancellationToken cancellationToken)
    {
        var source = configuration["Secrets:Key"] is { Length: > 0 } ? Source.ConfiguredKey
            : configuration["Jwt:SigningKey"] is { Length: > 0 } ? Source.SigningPem
            : Source.StoredKey;
        using var aes = new AesGcm(await KeyAsync(source, cancellationToken), TagBytes);
        var box = new byte[1 + NonceBytes + secret.Length + TagBytes];
        box[0] = (byte)source;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceBytes));
        aes.Encrypt(
            box.AsSpan(1, NonceBytes), secret, box.AsSpan(1 + NonceBytes, secret.Length), box.AsSpan(^TagBytes..),
            owner.ToByteArray(bigEndian: true));
        return box;
    }

    public async ValueTask<byte[]> OpenAsync(byte[] box, Guid owner, CancellationToken cancellationToken)
    {
        if (box.Length < 1 + NonceBytes + TagBytes) throw new CryptographicException("Not a box.");

        using var aes = new AesGcm(await KeyAsync((Source)box[0], cancellationToken), TagBytes);
        var secret = new byte[box.Length - 1 - NonceBytes - TagBytes];
        aes.Decrypt(
            box.AsSpan(1, NonceBytes), box.AsSpan(1 + NonceBytes, secret.Length), box.AsSpan(^TagBytes..), secret,
            owner.ToByteArray(bigEndian: true));
        return secret;
    }

    public void Dispose() => _loading.Dispose();

    private async Task<byte[]> KeyAsync(Source source, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (!_keys.TryGetValue(source, out var key))
                _keys[source] = key = await LoadAsync(source, cancellationToken);
            return key;
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<byte[]> LoadAsync(Source source, CancellationToken cancellationToken)
    {
        if (source is Source.ConfiguredKey)
            return Convert.FromBase64String(configuration["Secrets:Key"] ?? "") is { Length: KeyBytes } key
                ? key
                : throw new CryptographicException("Secrets__Key is not 32 bytes in Base64.");

        if (source is not Source.SigningPem)
            return Derive(await SecretKeyStore.FindOldestAsync(platform, cancellationToken)
                ?? throw new CryptographicException("There is no signing key to derive from: set Secrets__Key."));

        // The last is the oldest: a newer one is put in front of it, and nothing is locked out by that.
        var oldest = SigningKeys.ReadPem(configuration["Jwt:SigningKey"] ?? "").LastOrDefault(key => key.IsPrivate).Key
            ?? throw new CryptographicException("Jwt__SigningKey holds no private key: set Secrets__Key.");
        return Derive(oldest.ExportParameters(includePrivateParameters: true).D!);
    }

    private static byte[] Derive(byte[] secret) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyBytes, info: "cleantenancy secret box"u8.ToArray());
}
