using System.Text.Json;
using System.Text.RegularExpressions;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>Turns what the JSON reader refused into failures that name the member.</summary>
public static partial class Malformed
{
    /// <summary>Whether the text is not JSON at all, rather than JSON that does not fit.</summary>
    public static bool IsSyntax(JsonException refused) =>
        refused.InnerException is JsonException { Path: null }
        || (refused.Path is null && refused.LineNumber is not null);

    public static IReadOnlyList<Failure> Describe(JsonException refused)
    {
        var pointer = PointerOf(refused.Path ?? "$");
        // The reader gives no codes; its English is pinned by MalformedTests.
        var message = refused.Message;
        if (message.Contains("could not be mapped", StringComparison.Ordinal)) return [UnknownMember(pointer)];
        if (message.Contains("Duplicate propert", StringComparison.Ordinal))
            return [new(pointer, "duplicate_member", TextRules.Say("The member is given twice.", "멤버가 두 번 있습니다."))];

        return [new(pointer, "invalid_value", TextRules.Say("The value does not fit.", "값이 올바르지 않습니다."))];
    }

    public static Failure UnknownMember(string pointer) =>
        new(pointer, "unknown_member", TextRules.Say("The member is not known.", "알 수 없는 멤버입니다."));

    /// <summary>The pointer to a member (RFC 6901, 3).</summary>
    public static string Pointer(string name) =>
        "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>$.venue.name to /venue/name. The reader writes a name that is no word as ['name'], as it is.</summary>
    private static string PointerOf(string path) =>
        string.Concat(Step().Matches(path).Select(step => Pointer(step.Groups["name"].Value)));

    [GeneratedRegex(@"\.(?<name>[^.[]*)|\['(?<name>.*?)'\](?=[.[]|$)|\[(?<name>\d+)\]", RegexOptions.Singleline, 1000)]
    private static partial Regex Step();
}
