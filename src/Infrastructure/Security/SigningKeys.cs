using System.Collections.Frozen;
using System.Security.Cryptography;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>A key of access tokens.</summary>
/// <param name="Key">Its public half verifies.</param>
/// <param name="SignsFrom">Before this it is only published; null for one that never signs.</param>
internal sealed record SigningKey(ECDsaSecurityKey Key, DateTimeOffset? SignsFrom)
{
    public SigningCredentials Credentials { get; } = new(Key, SecurityAlgorithms.EcdsaSha256);

    public PublicKey Public { get; } = PublicHalf(Key);

    private static PublicKey PublicHalf(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new(key.KeyId, Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
    }
}

/// <summary>The keys at one moment: never changed, only replaced.</summary>
internal sealed class KeySet
{
    private readonly FrozenDictionary<string, SigningKey> _byId;

    /// <param name="keys">Newest first.</param>
    public KeySet(IReadOnlyList<SigningKey> keys)
    {
        Keys = keys;
        Public = [.. keys.Select(key => key.Public)];
        _byId = keys.ToFrozenDictionary(key => key.Key.KeyId);
    }

    public IReadOnlyList<SigningKey> Keys { get; }

    public IReadOnlyList<PublicKey> Public { get; }

    public SigningKey? Find(string? id) => id is null ? null : _byId.GetValueOrDefault(id);

    /// <summary>
    /// The newest whose time has come. Where none's has, by a clock that is behind the others', the oldest signs.
    /// </summary>
    public SigningCredentials CredentialsAt(DateTimeOffset now)
    {
        SigningKey? oldest = null;
        foreach (var key in Keys)
        {
            if (key.SignsFrom <= now) return key.Credentials;
            if (key.SignsFrom is not null) oldest = key;
        }

        return oldest?.Credentials ?? throw new InvalidOperationException("There is no key to sign with.");
    }

    /// <summary>Whether the other one has the same keys, to the same times.</summary>
    public bool Equals(IReadOnlyList<StoredKey> stored) =>
        stored.Count == Keys.Count
        && stored.Zip(Keys).All(pair =>
            pair.First.Id == pair.Second.Key.KeyId && pair.First.SignsFrom == pair.Second.SignsFrom);
}

/// <summary>
/// The ES256 keys of access tokens: from Jwt:SigningKey (PEM) if given, else kept in the database and read again from
/// time to time. Whoever verifies takes what is there, without a lock; a change puts another set in its place.
/// </summary>
internal sealed class SigningKeys : IPublicKeys
{
    /// <summary>How old a set may be.</summary>
    public static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(30);

    /// <summary>An unknown kid asks the database at most so often: anybody can invent one.</summary>
    public static readonly TimeSpan AskedEvery = TimeSpan.FromSeconds(10);

    private readonly Func<CancellationToken, Task<IReadOnlyList<StoredKey>>>? _read;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private KeySet _current;
    private DateTimeOffset _askAgainAt;
    private Task _asked = Task.CompletedTask;

    private SigningKeys(
        KeySet first, TimeProvider clock, Func<CancellationToken, Task<IReadOnlyList<StoredKey>>>? read) =>
        (_current, _clock, _read) = (first, clock, read);

    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>Newest first: all of them verify.</summary>
    public IReadOnlyList<ECDsaSecurityKey> All => [.. Current.Keys.Select(key => key.Key)];

    IReadOnlyList<PublicKey> IPublicKeys.Current => Current.Public;

    /// <summary>Several blocks: the first signs, all of them verify.</summary>
    /// <exception cref="ArgumentException">The text holds no key.</exception>
    public static SigningKeys FromPem(string pem, TimeProvider clock)
    {
        var keys = new List<SigningKey>();
        foreach (var (key, _) in ReadPem(pem))
            keys.Add(new(
                new ECDsaSecurityKey(key) { KeyId = Thumbprint(key) },
                keys.Count == 0 ? DateTimeOffset.MinValue : null));

        return keys.Count > 0
            ? new(new KeySet(keys), clock, read: null)
            : throw new ArgumentException("Jwt:SigningKey holds no key.", nameof(pem));
    }

    /// <summary>The keys of the text, in its order.</summary>
    public static IReadOnlyList<(ECDsa Key, bool IsPrivate)> ReadPem(string pem)
    {
        var keys = new List<(ECDsa, bool)>();
        for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var block); rest = rest[block.Location.End..])
        {
            var label = rest[block.Label];
            // openssl writes the curve in front, in a block of its own.
            if (!label.EndsWith(" KEY", StringComparison.Ordinal)) continue;

            var key = ECDsa.Create();
            key.ImportFromPem(rest[block.Location]);
            keys.Add((key, !label.SequenceEqual("PUBLIC KEY")));
        }

        return keys;
    }

    public static async Task<SigningKeys> LoadAsync(
        NpgsqlDataSource platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        var stored = await SigningKeyStore.LoadOrMakeAsync(platform, Make, clock.GetUtcNow(), cancellationToken);
        return new(
            new KeySet([.. stored.Select(key => Read(key))]), clock, ct => SigningKeyStore.ReadAsync(platform, ct));
    }

    /// <summary>Makes a key that is not stored yet.</summary>
    public static (string Id, byte[] Pkcs8) Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (Thumbprint(key), key.ExportPkcs8PrivateKey());
    }

    /// <summary>Reads them again; those that are known stay the same objects.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_read is null) return;

        var stored = await _read(cancellationToken);
        lock (_gate)
        {
            // What was read is never empty: keys are not deleted, and the last one is not retired.
            if (stored.Count == 0 || _current.Equals(stored)) return;

            Volatile.Write(ref _current, new KeySet([.. stored.Select(key => _current.Find(key.Id) is { } known
                ? known with { SignsFrom = key.SignsFrom }
                : Read(key))]));
        }
    }

    /// <summary>Asks the database about a kid that is not known here, unless that was done a moment ago.</summary>
    /// <returns>Whether it is known now.</returns>
    public async Task<bool> LearnAsync(string? id)
    {
        if (_read is null || id is null) return false;

        Task asked;
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            if (now >= _askAgainAt) (_askAgainAt, _asked) = (now + AskedEvery, ReadAsync(CancellationToken.None));
            asked = _asked;
        }

        try
        {
            await asked;
        }
        catch (NpgsqlException)
        {
            return false; // the timer says so in the log
        }

        return Current.Find(id) is not null;
    }

    private static SigningKey Read(StoredKey stored)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(stored.Pkcs8, out _);
        return new(new ECDsaSecurityKey(key) { KeyId = stored.Id }, stored.SignsFrom);
    }

    private static string Thumbprint(ECDsa key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..32];
}
