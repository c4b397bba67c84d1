using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using CleanTenancy.Api.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.ArchitectureTests;

/// <summary>Each refusal has words, in both languages.</summary>
public sealed partial class WordTests
{
    [Fact]
    public void Each_problem_code_has_a_text_and_each_text_a_code()
    {
        var used = CodesIn(Source.Files()).Concat(CodesInFields(Source.Written(Source.All))).ToHashSet();
        used.ShouldContain("quota_exceeded");
        used.ShouldContain("tenant_not_found");
        used.ShouldContain("method_not_allowed");
        used.Except(ProblemTexts.Codes).ShouldBeEmpty();
        ProblemTexts.Codes.Except(used).ShouldBeEmpty();
    }

    [Fact]
    public void Codes_are_found_in_fields_and_in_source()
    {
        CodesInFields(Source.Broken("Words")).ShouldBe(["of_a_field", "of_a_property"], ignoreOrder: true);
        CodesIn([new("src/Api/A.cs", """
            var a = Error.Conflict("of_conflict").With("name", "no_code");
            Error b = new(ErrorKind.Forbidden, "of_new");
            var c = new Error(
                kind, "of_new_error") { RetryAfter = null };
            await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "of_write");
            _ => "of_switch",
            // Error.Conflict("of_comment")
            """)]).ShouldBe(["of_conflict", "of_new", "of_new_error", "of_write", "of_switch"], ignoreOrder: true);
    }

    [Fact]
    public void Problem_texts_are_English_and_Korean()
    {
        ProblemTexts.Codes.ShouldNotBeEmpty();
        var (before, problems) = (CultureInfo.CurrentUICulture, new List<string>());
        try
        {
            foreach (var code in ProblemTexts.Codes)
            {
                CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("en");
                var (title, detail) = ProblemTexts.Of(code);
                if (IsKorean(title + detail)) problems.Add($"{code}: English");
                CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("ko");
                if (!IsKorean(ProblemTexts.Of(code).Detail)) problems.Add($"{code}: Korean");
            }
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }

        problems.ShouldBeEmpty();
    }

    [Fact]
    public void Messages_of_validators_are_English_and_Korean()
    {
        Said().Count(string.Concat(Source.Files().Select(file => file.Uncommented))).ShouldBeGreaterThan(8);
        Monolingual(Source.Files()).ShouldBeEmpty();
    }

    [Fact]
    public void A_message_in_one_language_is_seen() =>
        Monolingual(
        [
            new("good.cs", """.Saying("code", "English.", "한국어.") TextRules.Say("English.", "한국어.")"""),
            new("twice.cs", """.Saying("code", "English.", "English.")"""),
            new("swapped.cs", """TextRules.Say("한국어.", "English.")"""),
            new("once.cs", """rule.WithMessage("English.")"""),
        ]).ShouldBe(["twice.cs", "swapped.cs", "once.cs"]);

    private static IEnumerable<string> CodesInFields(IReadOnlyList<Type> types)
    {
        const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var closed = types.Where(type => !type.ContainsGenericParameters).ToList();
        List<Error> found =
        [
            .. closed.SelectMany(type => type.GetFields(Statics)).Where(field => field.FieldType == typeof(Error))
                .Select(field => (Error)field.GetValue(null)!),
            .. closed.SelectMany(type => type.GetProperties(Statics)).Where(property => property.PropertyType == typeof(Error))
                .Select(property => (Error)property.GetValue(null)!),
        ];
        found.ShouldNotBeEmpty();
        return found.Select(error => error.Code).Distinct();
    }

    private static IEnumerable<string> CodesIn(IReadOnlyList<SourceFile> files)
    {
        files.ShouldNotBeEmpty();
        return files.SelectMany(file =>
                Made().Matches(file.Uncommented).Concat(
                    file.Path.StartsWith("src/Api/", StringComparison.Ordinal) ? Written().Matches(file.Uncommented) : []))
            .Select(match => match.Groups["code"].Value).Distinct();
    }

    private static IEnumerable<string> Monolingual(IReadOnlyList<SourceFile> files) =>
        from file in files
        where file.Name != "TextRules"
        let calls = Said().Matches(file.Uncommented)
        where calls.Any(call => IsKorean(call.Groups["english"].Value) || !IsKorean(call.Groups["korean"].Value))
            || file.Code.Contains(".WithMessage(", StringComparison.Ordinal)
        select file.Path;

    private static bool IsKorean(string text) => Hangul().IsMatch(text);

    [GeneratedRegex(
        """(\bConflict\(|new( Error)?\(\s*(ErrorKind\.\w+),|new Error\([^,"]*,)\s*"(?<code>\w+)["]""",
        RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Made();

    /// <summary>What the edge writes without an error, and the codes of bare statuses.</summary>
    [GeneratedRegex(
        """WriteAsync\([^;"]*,\s*"(?<code>[a-z_]+)"\)|=> "(?<code>[a-z]+(_[a-z]+)*)",""", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Written();

    [GeneratedRegex(
        """Say(ing)?\(\s*("\w+",\s*)?"(?<english>[^"]*)",\s*"(?<korean>[^"]*)"\)""", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Said();

    [GeneratedRegex(@"\p{IsHangulSyllables}", RegexOptions.None, 1_000)]
    private static partial Regex Hangul();
}
