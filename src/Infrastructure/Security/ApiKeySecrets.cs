using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>
/// ct_{12 of base62}_{43 of base64url}: found by scanners of leaked secrets, recognised by its prefix, opened by 256
/// random bits. Of so many bits a plain SHA-256 is enough: there is nothing to guess.
/// </summary>
internal sealed class ApiKeySecrets : IApiKeySecrets
{
    public const string Mark = "ct_";

    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Letters = SearchValues.Create(Base62);

    private const int SecretBytes = 32, SecretLength = 43, PrefixEnd = 3 + ApiKey.PrefixLength;

    public ApiKeySecret New()
    {
        var prefix = RandomNumberGenerator.GetString(Base62, ApiKey.PrefixLength);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return new($"{Mark}{prefix}_{secret}", prefix, Hash(secret));
    }

    /// <returns>False if the text cannot be a key.</returns>
    public static bool TryRead(string token, out string prefix, out byte[] hash)
    {
        (prefix, hash) = ("", []);
        if (token.Length != PrefixEnd + 1 + SecretLength || token[PrefixEnd] != '_'
            || !token.StartsWith(Mark, StringComparison.Ordinal)
            || token.AsSpan(Mark.Length..PrefixEnd).ContainsAnyExcept(Letters)
            || !Base64Url.IsValid(token.AsSpan(PrefixEnd + 1)))
            return false;

        (prefix, hash) = (token[Mark.Length..PrefixEnd], Hash(token.AsSpan(PrefixEnd + 1)));
        return true;
    }

    /// <summary>Of the text, not of its bytes: the last letter has spare bits, and a key has one spelling.</summary>
    private static byte[] Hash(ReadOnlySpan<char> secret)
    {
        Span<byte> text = stackalloc byte[SecretLength];
        Encoding.ASCII.GetBytes(secret, text);
        return SHA256.HashData(text);
    }
}
