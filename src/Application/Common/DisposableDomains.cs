using System.Collections.Frozen;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>Mailboxes that anybody opens for ten minutes, by a list; names below a listed one count too.</summary>
internal static class DisposableDomains
{
    private static readonly Lazy<FrozenSet<string>> Listed = new(Load);

    public static int Count => Listed.Value.Count;

    /// <param name="normalizedEmail">See <see cref="EmailAddress.Normalize"/>.</param>
    public static bool Has(string normalizedEmail)
    {
        var names = Listed.Value.GetAlternateLookup<ReadOnlySpan<char>>();
        var name = normalizedEmail.AsSpan(normalizedEmail.LastIndexOf('@') + 1);
        while (!names.Contains(name))
        {
            var dot = name.IndexOf('.');
            if (dot < 0) return false;

            name = name[(dot + 1)..];
        }

        return true;
    }

    private static FrozenSet<string> Load()
    {
        using var stream = typeof(DisposableDomains).Assembly.GetManifestResourceStream("DisposableDomains.txt")
            ?? throw new InvalidOperationException("DisposableDomains.txt is not in the assembly.");
        using var reader = new StreamReader(stream);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                names.Add(line);
        return names.ToFrozenSet(StringComparer.Ordinal);
    }
}
