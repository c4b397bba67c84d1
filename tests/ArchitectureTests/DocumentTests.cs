using System.Text.RegularExpressions;

namespace CleanTenancy.ArchitectureTests;

public sealed partial class DocumentTests
{
    [Fact]
    public void The_index_of_decisions_lists_each_decision()
    {
        var pages = Repository.Files("docs/adr", ".md").Where(file => file.Name != "README").Select(file => file.Name + ".md").ToList();
        Unindexed(Repository.Read("docs/adr/README.md"), pages).ShouldBeEmpty();
    }

    [Fact]
    public void Missing_stale_and_badly_numbered_decisions_are_seen() =>
        Unindexed(
            "- [0001](0001-one.md) One.\n- [0002](0002-gone.md) Gone.\n- [0009](0003-three.md) Three.",
            ["0001-one.md", "0003-three.md", "0004-four.md"])
            .ShouldBe(
                ["0004-four.md is not listed", "0002-gone.md does not exist", "0003-three.md is listed as 0009"],
                ignoreOrder: true);

    [Fact]
    public void Decisions_that_src_names_exist()
    {
        var numbers = Repository.Files("docs/adr", ".md").Select(file => file.Name[..4]).ToHashSet();
        var named = Source.Files().Concat(Repository.Files("src", ".sql")).Append(new("", Repository.Read("Directory.Packages.props")))
            .SelectMany(file => Decision().Matches(file.Text)).Select(match => match.Groups["number"].Value).ToHashSet();
        named.ShouldNotBeEmpty();
        named.Except(numbers).ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_names_a_machine()
    {
        string[] places =
        [
            "README.md", "docs", "src", "tests", "tools", "docker", "dev", ".ci", "Directory.Build.props",
            "Directory.Packages.props",
        ];
        List<SourceFile> files = [.. places.SelectMany(place => Repository.Files(place))];
        files.Count.ShouldBeGreaterThan(100);
        OfAMachine(files).ShouldBeEmpty();
    }

    [Fact]
    public void The_name_of_a_machine_is_seen()
    {
        // In two pieces, or this file would name a machine.
        string[] bad =
        [
            "/" + "work/main/src", "/" + "home/ann/.nuget", "https:" + "//nuget.corp.test/v3/index.json",
            "http:" + "//npm-proxy:8080/x",
        ];
        OfAMachine(bad.Select(text => new SourceFile(text, $"see {text} for more"))).ShouldBe(bad);
        OfAMachine([new("a", "rest of the framework/work, http://localhost:5080 and https://www.rfc-editor.org/rfc/rfc9457")]).ShouldBeEmpty();
    }

    private static IReadOnlyList<string> Unindexed(string index, IReadOnlyList<string> pages)
    {
        var listed = Entry().Matches(index).ToDictionary(entry => entry.Groups["page"].Value, entry => entry.Groups["number"].Value);
        listed.ShouldNotBeEmpty();
        pages.ShouldNotBeEmpty();
        return
        [
            .. pages.Except(listed.Keys).Select(page => $"{page} is not listed"),
            .. listed.Keys.Except(pages).Select(page => $"{page} does not exist"),
            .. listed.Where(entry => !entry.Key.StartsWith(entry.Value, StringComparison.Ordinal))
                .Select(entry => $"{entry.Key} is listed as {entry.Value}"),
        ];
    }

    private static IEnumerable<string> OfAMachine(IEnumerable<SourceFile> files) =>
        files.Where(file => Machine().IsMatch(file.Text)).Select(file => file.Path);

    [GeneratedRegex(@"^- \[(?<number>[0-9]{4})\]\((?<page>[^)]+)\)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1_000)]
    private static partial Regex Entry();

    [GeneratedRegex("ADR (?<number>[0-9]{4})", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Decision();

    /// <summary>A home, the folder these sources were written in, or a host that packages come from.</summary>
    [GeneratedRegex(
        @"(?<![\w.])/(work|home)/\w|https?://[^/\s""']*(nuget|npm|registry|artifact|nexus|mirror|proxy|pypi)",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Machine();
}
