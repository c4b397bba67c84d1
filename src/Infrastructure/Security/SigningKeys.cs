using System.Security.Cryptography;
using CleanTenancy.Infrastructure.Persistence;
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

    public static async Task<SigningKeys> LoadAsync(
        NpgsqlDataSource platform, TimeProvider clock, CancellationToken cancellationToken) =>
        new([.. (await SigningKeyStore.LoadOrMakeAsync(platform, Make, clock.GetUtcNow(), cancellationToken))
            .Select(Read)]);

    private static StoredKey Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(Thumbprint(key), key.ExportPkcs8PrivateKey());
    }

    private static ECDsaSecurityKey Read(StoredKey stored)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(stored.Pkcs8, out _);
        return new ECDsaSecurityKey(key) { KeyId = stored.Id };
    }

    private static string Thumbprint(ECDsa key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..32];
}
