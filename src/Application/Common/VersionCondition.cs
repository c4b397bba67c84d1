using System.Globalization;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>
/// What If-Match said: absent, any ("*"), or a set of versions (RFC 9110, 13.1.1). Weak tags never match.
/// </summary>
public sealed record VersionCondition
{
    public static readonly VersionCondition Absent = new() { IsAbsent = true };

    public bool IsAbsent { get; private init; }

    private bool Any { get; init; }

    private IReadOnlyList<string> Tags { get; init; } = [];

    public static VersionCondition Parse(string? header)
    {
        if (string.IsNullOrWhiteSpace(header)) return Absent;

        return header.Trim() == "*"
            ? new() { Any = true }
            : new() { Tags = header.Split(',', StringSplitOptions.TrimEntries) };
    }

    /// <returns>Null when the row is the one the client saw.</returns>
    public Error? Check(IVersioned row) =>
        IsAbsent ? Error.PreconditionRequired
        : Any || Tags.Contains(Tag(row.Version)) ? null
        : Error.PreconditionFailed;

    /// <summary>The strong entity tag of a version.</summary>
    public static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
}
