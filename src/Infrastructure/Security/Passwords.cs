using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Ports;
using Konscious.Security.Cryptography;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>Argon2id (RFC 9106), few at a time; PHC strings name algorithm and parameters (ADR 0011).</summary>
internal sealed class Passwords : IPasswords, IDisposable
{
    /// <summary>KiB, passes, lanes: the minimum of OWASP's password storage cheat sheet.</summary>
    private const int Memory = 19_456, Passes = 2, Lanes = 1;

    private const int SaltBytes = 16, HashBytes = 32;

    private static readonly string Prefix =
        string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={Memory},t={Passes},p={Lanes}$");

    /// <summary>20 MB and a core each: a sign-in storm queues here, not in the memory.</summary>
    private readonly SemaphoreSlim _gate = new(2 * Environment.ProcessorCount);

    /// <summary>Of a password nobody has: verified for unknown users, so that they take as long.</summary>
    private readonly string _dummy = Prefix
        + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SaltBytes)).TrimEnd('=') + "$"
        + Convert.ToBase64String(RandomNumberGenerator.GetBytes(HashBytes)).TrimEnd('=');

    public async Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = await DeriveAsync(password, salt, Memory, Passes, Lanes, cancellationToken);
        return $"{Prefix}{Encode(salt)}${Encode(hash)}";
    }

    public async Task<PasswordVerdict> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        var parts = (hash ?? _dummy).Split('$');
        if (parts is not ["", "argon2id", "v=19", var parameters, var salt, var expected])
            throw new FormatException("Not an Argon2id PHC string.");

        var numbers = parameters.Split(',').Select(p => int.Parse(p.AsSpan(2), CultureInfo.InvariantCulture)).ToArray();
        var actual = await DeriveAsync(
            password, Decode(salt), numbers[0], numbers[1], numbers[2], cancellationToken);
        var equal = CryptographicOperations.FixedTimeEquals(actual, Decode(expected));
        return new(hash is not null && equal, NeedsRehash: hash?.StartsWith(Prefix, StringComparison.Ordinal) is false);
    }

    public void Dispose() => _gate.Dispose();

    private async Task<byte[]> DeriveAsync(
        string password, byte[] salt, int memory, int passes, int lanes, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            using var argon = new Argon2id(Encoding.UTF8.GetBytes(OneForm(password)))
            {
                Salt = salt,
                MemorySize = memory,
                Iterations = passes,
                DegreeOfParallelism = lanes,
            };
            return await Task.Run(() => argon.GetBytes(HashBytes), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// One form for the same password typed on different keyboards (NIST SP 800-63B-4, 3.1.1.2). Normalize throws for
    /// U+FFFE, which is no character: such a password stays as it is.
    /// </summary>
    private static string OneForm(string password) =>
        password.Contains('\uFFFE', StringComparison.Ordinal) ? password : password.Normalize(NormalizationForm.FormKC);

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Decode(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
