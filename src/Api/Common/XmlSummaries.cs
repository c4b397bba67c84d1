using System.Collections.Frozen;
using System.Xml.Linq;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Api.Common;

/// <summary>The one sentence above each request, from the compiler's XML: no second copy that can drift.</summary>
internal static class XmlSummaries
{
    private static readonly Lazy<FrozenDictionary<string, string>> Summaries = new(() =>
        XDocument.Load(Path.ChangeExtension(typeof(IGuarded).Assembly.Location, ".xml"))
            .Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToFrozenDictionary(
                member => member.Attribute("name")!.Value,
                member => string.Join(
                    ' ',
                    member.Element("summary")!.Value.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))));

    /// <exception cref="InvalidOperationException">The type has no summary.</exception>
    public static string Of(Type type) =>
        Summaries.Value.GetValueOrDefault($"T:{type.FullName}")
        ?? throw new InvalidOperationException($"{type.FullName} has no summary.");
}
