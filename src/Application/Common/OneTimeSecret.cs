using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CleanTenancy.Application.Common;

/// <summary>256 random bits that are shown or sent once; the database has their SHA-256.</summary>
internal static class OneTimeSecret
{
    private const int Bytes = 32;

    /// <summary>Of the text.</summary>
    public const int TextLength = 43;

    public static (string Text, byte[] Hash) New()
    {
        var bytes = RandomNumberGenerator.GetBytes(Bytes);
        return (Base64Url.EncodeToString(bytes), SHA256.HashData(bytes));
    }

    /// <returns>Null if the text cannot be one.</returns>
    public static byte[]? HashOf(string text)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        // TryDecodeFromChars throws for letters that are none of the alphabet.
        return text.Length == TextLength
            && Base64Url.DecodeFromChars(text, bytes, out _, out var written) is OperationStatus.Done
            && written == Bytes
            ? SHA256.HashData(bytes)
            : null;
    }
}

/// <summary>
/// Codes that people copy by hand: 80 bits in 16 letters, hashed with the person's id, so that two people's tables do
/// not help each other.
/// </summary>
internal static class RecoveryCodeText
{
    private const int Bytes = 10, Group = 4;

    /// <summary>Longer texts are none.</summary>
    public const int MaxLength = 40;

    public static string New()
    {
        var letters = Domain.Members.Totp.Base32(RandomNumberGenerator.GetBytes(Bytes));
        return string.Join('-', letters.Chunk(Group).Select(chunk => new string(chunk))).ToLowerInvariant();
    }

    /// <summary>Blanks, hyphens and case do not matter.</summary>
    public static byte[] Hash(Domain.Common.UserId user, string code)
    {
        var letters = new string([.. code.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant();
        return SHA256.HashData([.. user.Value.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(letters)]);
    }
}
