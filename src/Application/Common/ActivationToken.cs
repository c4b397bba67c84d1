using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>
/// The token of a link that activates a tenant: the tenant's id, by which its row is found, and 256 random bits, of which
/// the row has the SHA-256.
/// </summary>
public sealed record ActivationToken(TenantId OrgId, string Text, byte[] Hash)
{
    private const int IdBytes = 16, SecretBytes = 32;

    /// <summary>Of the text: 48 bytes leave no spare bits, so a token has one spelling.</summary>
    public const int TextLength = 64;

    public static ActivationToken New(TenantId orgId)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + SecretBytes];
        orgId.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        RandomNumberGenerator.Fill(bytes[IdBytes..]);
        return new(orgId, Base64Url.EncodeToString(bytes), SHA256.HashData(bytes[IdBytes..]));
    }

    /// <returns>Null if the text cannot be one.</returns>
    public static ActivationToken? Read(string text)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + SecretBytes];
        // TryDecodeFromChars throws for letters that are none of the alphabet.
        return text.Length == TextLength
            && Base64Url.DecodeFromChars(text, bytes, out _, out var written) is OperationStatus.Done
            && written == bytes.Length
            ? new(new(new Guid(bytes[..IdBytes], bigEndian: true)), text, SHA256.HashData(bytes[IdBytes..]))
            : null;
    }
}
