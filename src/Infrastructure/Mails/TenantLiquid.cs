using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using Fluid;
using Fluid.Ast;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>
/// The part of Liquid that a tenant may write: values, filters that make nothing longer, if, unless and case. Nothing
/// repeats and nothing is kept, so a template costs what it is long; and it is looked at before it is parsed, for the
/// parser calls itself for each level, and a stack that overflows ends the process (ADR 0045).
/// </summary>
internal static partial class TenantLiquid
{
    private const int DeepestNesting = 10, MostSteps = 10_000, LongestOutput = 100_000;

    private static readonly string[] Tags = ["case", "if", "unless"],
        Filters = ["capitalize", "default", "downcase", "strip", "upcase"];

    private static readonly FluidParser Parser = MakeParser();

    private static readonly TemplateOptions Options = MakeOptions();

    /// <param name="pointer">Of the member, for the failure.</param>
    /// <param name="variables">What may be named.</param>
    public static (IFluidTemplate? Template, Failure? Failure) Parse(
        string pointer, string text, IReadOnlyList<string> variables)
    {
        if (IsTooDeep(text))
            return (null, Fault(
                pointer, "liquid_too_complex", "Tags are nested too deeply.", "태그가 너무 깊이 중첩되었습니다."));

        string? why = "A tag is not closed, or is too long.";
        if (!IsCut(text) || !Parser.TryParse(text, out var template, out why))
            return (null, Fault(
                pointer, "liquid_syntax", $"No valid Liquid: {FirstLine(why)}", $"올바른 Liquid가 아닙니다: {FirstLine(why)}"));

        var names = new Names(variables);
        names.VisitTemplate(template);
        if (names.UnknownVariable is { } variable)
            return (null, Fault(
                pointer, "unknown_variable", $"There is no {variable} in this mail.", $"이 메일에는 {variable} 값이 없습니다."));
        if (names.UnknownFilter is { } filter)
            return (null, Fault(
                pointer, "unknown_filter", $"There is no filter {filter} here.", $"사용할 수 없는 필터입니다: {filter}"));

        return (template, null);
    }

    /// <returns>Null when it went beyond a limit, or came to nothing.</returns>
    public static string? Render(IFluidTemplate template, IReadOnlyDictionary<string, string> values)
    {
        var context = new TemplateContext(Options);
        foreach (var (name, value) in values) context.SetValue(name, value);
        using var output = new CappedWriter();
        try
        {
            // Nothing in it waits for anything: it has ended when it returns.
            template.RenderAsync(output, NullEncoder.Default, context).AsTask().GetAwaiter().GetResult();
            return output.ToString();
        }
        // Of what words a stranger wrote can bring about, only that they cannot be used matters.
        catch (Exception failure) when (failure is FluidException or InvalidOperationException or ArithmeticException
            or ArgumentException or FormatException or InvalidCastException)
        {
            return null;
        }
    }

    public static Failure Fault(string pointer, string code, string english, string korean) =>
        new(pointer, code, TextRules.Say(english, korean));

    private static FluidParser MakeParser()
    {
        var parser = new FluidParser(new FluidParserOptions());
        foreach (var tag in parser.RegisteredTags.Keys.Except(Tags).ToList()) parser.RegisteredTags.Remove(tag);
        return parser;
    }

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions { MaxSteps = MostSteps, StrictFilters = true, StrictVariables = true };
        var kept = Filters.Select(name => options.Filters.TryGetValue(name, out var filter)
            ? (name, filter)
            : throw new InvalidOperationException($"Fluid has no filter {name}.")).ToList();
        options.Filters.Clear();
        foreach (var (name, filter) in kept) options.Filters.AddFilter(name, filter);
        return options;
    }

    /// <summary>Each opening brace pair begins a token, as long as one may be: so the parser sees no other.</summary>
    private static bool IsCut(string text)
    {
        var rest = Token().Replace(text, " ");
        return !rest.Contains("{{", StringComparison.Ordinal) && !rest.Contains("{%", StringComparison.Ordinal);
    }

    private static bool IsTooDeep(string text)
    {
        var depth = 0;
        foreach (Match token in Token().Matches(text))
        {
            if (Tag().Match(token.Value) is not { Success: true } tag) continue;

            depth = Math.Max(0, depth + (tag.Groups["end"].Success ? -1 : 1));
            if (depth > DeepestNesting) return true;
        }

        return false;
    }

    private static string FirstLine(string? text) => (text ?? "").Split('\n', 2)[0].Trim();

    /// <summary>A tag or an output: at most 200 signs and literals; an escape in a literal would hide where it ends.</summary>
    [GeneratedRegex(
        """\{(\{([^"'\\{}%]|"[^"\\]*"|'[^'\\]*'){0,200}\}|%([^"'\\{}%]|"[^"\\]*"|'[^'\\]*'){0,200}%)\}""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();

    [GeneratedRegex(@"^\{%-?\s*(?<end>end)?(if|unless|case)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();

    private sealed class Names(IReadOnlyList<string> variables) : AstVisitor
    {
        public string? UnknownVariable { get; private set; }

        public string? UnknownFilter { get; private set; }

        protected override Expression VisitMemberExpression(MemberExpression memberExpression)
        {
            var name = memberExpression.Segments[0] is IdentifierSegment first ? first.Identifier : "?";
            if (memberExpression.Segments.Count != 1 || !variables.Contains(name)) UnknownVariable ??= name;
            return base.VisitMemberExpression(memberExpression);
        }

        protected override Expression VisitFilterExpression(FilterExpression filterExpression)
        {
            if (!Filters.Contains(filterExpression.Name)) UnknownFilter ??= filterExpression.Name;
            return base.VisitFilterExpression(filterExpression);
        }
    }

    /// <summary>Ends what would write too much.</summary>
    private sealed class CappedWriter : StringWriter
    {
        public override void Write(char value)
        {
            Take(1);
            base.Write(value);
        }

        public override void Write(string? value)
        {
            Take(value?.Length ?? 0);
            base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            Take(count);
            base.Write(buffer, index, count);
        }

        public override void Write(ReadOnlySpan<char> buffer)
        {
            Take(buffer.Length);
            base.Write(buffer);
        }

        private void Take(int count)
        {
            if (GetStringBuilder().Length + count > LongestOutput)
                throw new InvalidOperationException("The template makes too much.");
        }
    }
}
