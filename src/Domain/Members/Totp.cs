using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CleanTenancy.Domain.Members;

/// <summary>Codes of an authenticator app (RFC 6238): six digits by HMAC-SHA-1, another one every 30 seconds.</summary>
public static class Totp
{
    /// <summary>RFC 4226, 4 recommends 160 bits.</summary>
    public const int SecretBytes = 20;

    public const int Digits = 6;

    private const int StepSeconds = 30, Modulus = 1_000_000;

    /// <summary>Clocks differ: the step before and the step after are taken too (RFC 6238, 5.2).</summary>
    private const int Window = 1;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static long StepAt(DateTimeOffset at) => at.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>The code of a time step.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238: what authenticator apps speak. HMAC-SHA-1 holds.")]
    public static string Code(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, counter, mac);
        var number = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & int.MaxValue;
        return (number % Modulus).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <returns>The step whose code it is; null if it is none's.</returns>
    public static long? Match(byte[] secret, string code, DateTimeOffset at)
    {
        var given = Encoding.ASCII.GetBytes(code);
        long? found = null;
        for (var step = StepAt(at) - Window; step <= StepAt(at) + Window; step++)
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(Code(secret, step))))
                found = step;
        return found;
    }

    /// <summary>For people to type (RFC 4648, 6; without padding).</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int buffer = 0, bits = 0;
        foreach (var b in bytes)
        {
            (buffer, bits) = (((buffer << 8) | b) & 0xFFFF, bits + 8);
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Alphabet[(buffer >> bits) & 31]);
            }
        }

        if (bits > 0) text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }

    /// <summary>What an app reads from a QR code (Google Authenticator's key URI format).</summary>
    public static string Uri(string issuer, string account, byte[] secret)
    {
        var label = $"{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}";
        return $"otpauth://totp/{label}?secret={Base32(secret)}&issuer={System.Uri.EscapeDataString(issuer)}"
            + $"&algorithm=SHA1&digits={Digits}&period={StepSeconds}";
    }
}
