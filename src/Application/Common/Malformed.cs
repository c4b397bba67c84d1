using System.Text.Json;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>Turns what the JSON reader refused into failures that name the member.</summary>
public static class Malformed
{
    /// <summary>Whether the text is not JSON at all, rather than JSON that does not fit.</summary>
    public static bool IsSyntax(JsonException refused) =>
        refused.InnerException is JsonException { Path: null } || (refused.Path is null && refused.LineNumber is not null);

    public static IReadOnlyList<Failure> Describe(JsonException refused)
    {
        var pointer = Pointer(refused.Path ?? "$");
        // The reader gives no codes; its English is pinned by MalformedTests.
        var message = refused.Message;
        if (message.Contains("could not be mapped", StringComparison.Ordinal)) return [UnknownMember(pointer)];
        if (message.Contains("Duplicate property", StringComparison.OrdinalIgnoreCase))
            return [new(pointer, "duplicate_member", TextRules.Say("The member is given twice.", "멤버가 두 번 있습니다."))];

        return [new(pointer, "invalid_value", TextRules.Say("The value does not fit.", "값이 올바르지 않습니다."))];
    }

    public static Failure UnknownMember(string pointer) =>
        new(pointer, "unknown_member", TextRules.Say("The member is not known.", "알 수 없는 멤버입니다."));

    /// <summary>$.venue.name to /venue/name (RFC 6901).</summary>
    private static string Pointer(string path)
    {
        var plain = path.Replace("['", ".", StringComparison.Ordinal).Replace("']", "", StringComparison.Ordinal)
            .Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        return string.Concat(plain.Split('.').Skip(1)
            .Select(part => "/" + part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
    }
}
