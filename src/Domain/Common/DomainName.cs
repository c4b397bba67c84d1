using System.Globalization;

namespace CleanTenancy.Domain.Common;

/// <summary>
/// Names of the Domain Name System as they are compared: lower-case A-labels (RFC 5890) without a final dot.
/// </summary>
public static class DomainName
{
    /// <summary>RFC 1035, 2.3.4, as text without the final dot.</summary>
    public const int MaxLength = 253;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true, AllowUnassigned = false };

    public static bool TryNormalize(string? text, out string normalized)
    {
        normalized = "";
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength + 1) return false;

        var name = text.EndsWith('.') ? text[..^1] : text;
        if (name.Length == 0) return false;
        if (!IsPlainAscii(name))
        {
            try
            {
                name = Idn.GetAscii(name);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        name = name.ToLowerInvariant();
        if (name.Length > MaxLength || !name.Split('.').All(IsLabel)) return false;

        normalized = name;
        return true;
    }

    private static bool IsPlainAscii(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    /// <summary>Letters, digits and inner hyphens, 1 to 63 of them (RFC 1123, 2.1).</summary>
    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63
        && label[0] != '-'
        && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
