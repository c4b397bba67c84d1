using System.Globalization;
using System.Text;

namespace CleanTenancy.Domain.Common;

/// <summary>An e-mail address as it was written, and the form in which addresses are compared.</summary>
public static class EmailAddress
{
    /// <summary>RFC 5321, 4.5.3.1.3, less the angle brackets.</summary>
    public const int MaxLength = 254;

    /// <summary>
    /// The form for look-up and uniqueness: NFKC, trimmed, lower case, the domain as an IDNA A-label. The local part is
    /// folded too: no provider people use tells Ann@ from ann@, and two accounts that differ in case alone are a trap.
    /// </summary>
    /// <exception cref="FormatException">The text is not an e-mail address.</exception>
    public static string Normalize(string text) =>
        TryNormalize(text, out var normalized) ? normalized : throw new FormatException("Not an e-mail address.");

    public static bool TryNormalize(string? text, out string normalized)
    {
        normalized = "";
        if (text is null || text.Length > MaxLength || text.Any(char.IsControl)) return false;

        string folded;
        try
        {
            // Twice: J with a caron has no composed capital, and a composed small letter.
            folded = text.Trim()
                .Normalize(NormalizationForm.FormKC).ToLowerInvariant().Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return false; // a lone surrogate
        }

        var at = folded.LastIndexOf('@');
        if (at is < 1 or > 64 || at == folded.Length - 1) return false;

        var (local, host) = (folded[..at], folded[(at + 1)..]);
        if (!IsDotAtom(local)) return false;
        if (!DomainName.TryNormalize(host, out var domain)) return false;
        if (local.Length + 1 + domain.Length > MaxLength) return false;

        normalized = $"{local}@{domain}";
        return true;
    }

    /// <summary>
    /// RFC 5322, 3.2.3, with letters of every script (RFC 6531): no quotes, angles or invisible characters, which would
    /// let two accounts look alike or a mail header be written.
    /// </summary>
    private static bool IsDotAtom(string local) =>
        local.Split('.').All(atom => atom.Length > 0 && atom.All(c =>
            char.IsLetterOrDigit(c)
            || CharUnicodeInfo.GetUnicodeCategory(c)
                is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal)));
}
