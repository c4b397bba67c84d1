using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace CleanTenancy.ArchitectureTests;

public sealed partial class PackageTests
{
    private static IReadOnlyList<XDocument> Projects =>
    [
        .. Repository.Files("src", ".csproj").Concat(Repository.Files("tests", ".csproj"))
            .Append(new SourceFile("", Repository.Read("Directory.Build.props"))).Select(file => XDocument.Parse(file.Text)),
    ];

    [Fact]
    public void Each_package_has_an_exact_version_a_sentence_and_a_user() =>
        Breaches(XDocument.Parse(Repository.Read("Directory.Packages.props")), Projects).ShouldBeEmpty();

    [Fact]
    public void Careless_packages_are_seen() =>
        Breaches(
            XDocument.Parse("""
                <Project><ItemGroup>
                  <!-- What it saves. MIT. Leaving it: easy. -->
                  <PackageVersion Include="Good" Version="[1.2.3-rc.1]" />
                  <PackageVersion Include="Silent" Version="[1.0.0]" />
                  <!-- Short. -->
                  <PackageVersion Include="Curt" Version="[1.0.0]" />
                  <!-- What it saves. MIT. Leaving it: easy. -->
                  <PackageVersion Include="Floating" Version="1.*" />
                  <!-- What it saves. MIT. Leaving it: easy. -->
                  <PackageVersion Include="Unused" Version="[1.0.0]" />
                </ItemGroup></Project>
                """),
            [XDocument.Parse("""
                <Project><ItemGroup>
                  <PackageReference Include="Good" /><PackageReference Include="Silent" /><PackageReference Include="Curt" />
                  <PackageReference Include="Floating" VersionOverride="2.0.0" />
                </ItemGroup></Project>
                """)])
            .ShouldBe(
                [
                    "Silent: no sentence", "Curt: no sentence", "Floating: 1.* is not exact", "Unused: nobody uses it",
                    "Floating: a version of its own",
                ],
                ignoreOrder: true);

    private static IReadOnlyList<string> Breaches(XDocument packages, IReadOnlyList<XDocument> projects)
    {
        var listed = packages.Descendants("PackageVersion").ToList();
        listed.ShouldNotBeEmpty();
        var references = projects.SelectMany(project => project.Descendants("PackageReference")).ToList();
        references.ShouldNotBeEmpty();
        var used = references.Select(Name).ToHashSet();
        return
        [
            .. from package in listed where !SaysWhy(package) select $"{Name(package)}: no sentence",
            .. from package in listed
               let version = (string)package.Attribute("Version")!
               where !Exact().IsMatch(version)
               select $"{Name(package)}: {version} is not exact",
            .. from package in listed where !used.Contains(Name(package)) select $"{Name(package)}: nobody uses it",
            .. from reference in references
               where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null
               select $"{Name(reference)}: a version of its own",
        ];
    }

    private static string Name(XElement package) => (string)package.Attribute("Include")!;

    /// <summary>What it saves, its licence, how we would leave it.</summary>
    private static bool SaysWhy(XElement package)
    {
        var before = package.PreviousNode is XText { PreviousNode: var node } ? node : package.PreviousNode;
        return before is XComment { Value: var words } && words.Trim() is { Length: > 30 } sentence
            && sentence.EndsWith('.')
            && (sentence.Contains("Leaving it", StringComparison.Ordinal)
                || sentence.Contains("Leaves with", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\[[0-9]+(\.[0-9]+){1,3}(-[0-9A-Za-z.]+)?\]$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Exact();
}
