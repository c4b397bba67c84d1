using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) under a key that HKDF-SHA256 (RFC 5869) derives from the token before: of 256 random
/// bits, of which the database has the SHA-256 and nothing else.
/// </summary>
internal sealed class Successors : ISuccessors
{
    private const int NonceBytes = 12, TagBytes = 16;

    private static readonly byte[] Purpose = "cleantenancy refresh token successor 1"u8.ToArray();

    public byte[] Seal(string token, string next)
    {
        var text = Encoding.ASCII.GetBytes(next);
        var box = new byte[NonceBytes + text.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(KeyOf(token), TagBytes);
        cipher.Encrypt(box.AsSpan(0, NonceBytes), text, box.AsSpan(NonceBytes, text.Length), box.AsSpan(^TagBytes..));
        return box;
    }

    public string? Open(string token, byte[] sealedNext)
    {
        if (sealedNext.Length <= NonceBytes + TagBytes) return null;

        var text = new byte[sealedNext.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(KeyOf(token), TagBytes);
        try
        {
            cipher.Decrypt(
                sealedNext.AsSpan(0, NonceBytes), sealedNext.AsSpan(NonceBytes, text.Length),
                sealedNext.AsSpan(^TagBytes..), text);
            return Encoding.ASCII.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] KeyOf(string token) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Base64Url.DecodeFromChars(token), outputLength: 32, info: Purpose);
}
