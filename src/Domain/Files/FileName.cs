using System.Globalization;
using System.Text;

namespace CleanTenancy.Domain.Files;

/// <summary>
/// Makes of a name that somebody sent one that is safe to show and to save: on Windows too, whose rules are the
/// strictest. Nothing is stored under it; what is there depends on ids alone.
/// </summary>
public static class FileName
{
    public const int MaxLength = 255;

    private const string Nameless = "file";

    /// <summary>Longer is no extension, and nothing is lost when it is cut.</summary>
    private const int ExtensionMaxLength = 20;

    /// <summary>Names of devices, whatever stands behind a dot (Microsoft, "Naming Files, Paths, and Namespaces").</summary>
    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
        "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
        "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
    };

    /// <returns>1 to 255 characters in NFC, without path, controls and tricks; the same again for its own result.</returns>
    public static string Clean(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var text = Shorten(Trim(Visible(last).Normalize(NormalizationForm.FormC)));
        if (IsDevice(text)) text = Shorten("_" + text);
        return text.Length == 0 ? Nameless : text;
    }

    private static string Visible(string name)
    {
        var text = new StringBuilder(name.Length);
        // Lone surrogates come as U+FFFD: Normalize throws at them.
        foreach (var rune in name.EnumerateRunes())
        {
            if (IsInvisible(rune)) continue;

            text.Append(rune.IsAscii && "<>:\"|?*".Contains((char)rune.Value, StringComparison.Ordinal)
                ? "_"
                : rune.ToString());
        }

        return text.ToString();
    }

    /// <summary>Controls, and what turns the reading direction: "cod.exe" shall not be shown as "exe.doc".</summary>
    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
        || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C
            or 0xFEFF or 0x00AD or 0x200B or (>= 0xFFF9 and <= 0xFFFB) or (>= 0xE0000 and <= 0xE007F)
        || (rune.Value & 0xFFFE) == 0xFFFE;

    /// <summary>Blanks on both sides, and dots behind: some systems take them away, and it is another name then.</summary>
    private static string Trim(string name)
    {
        var end = name.Length;
        while (end > 0 && (name[end - 1] == '.' || char.IsWhiteSpace(name[end - 1]))) end--;
        return name[..end].TrimStart();
    }

    private static bool IsDevice(string name) => Devices.Contains(name.Split('.', 2)[0].TrimEnd());

    private static string Shorten(string name)
    {
        if (name.Length <= MaxLength) return name;

        var dot = name.LastIndexOf('.');
        var extension = dot > 0 && name.Length - dot <= ExtensionMaxLength ? name[dot..] : "";
        var length = MaxLength - extension.Length;
        if (char.IsHighSurrogate(name[length - 1])) length--;
        return Trim(Trim(name[..length]) + extension);
    }
}
