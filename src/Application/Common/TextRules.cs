using System.Globalization;
using FluentValidation;

namespace CleanTenancy.Application.Common;

/// <summary>What texts may hold, and how a refusal speaks to people.</summary>
public static class TextRules
{
    /// <summary>No control characters but tab, line feed and carriage return.</summary>
    public static IRuleBuilderOptions<T, string?> IsWellFormed<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsWellFormed)
            .Saying("control_character", "Control characters are not allowed.", "제어 문자는 사용할 수 없습니다.");

    /// <inheritdoc cref="IsWellFormed{T}"/>
    public static bool IsWellFormed(string? text) =>
        text is null || !text.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'));

    /// <summary>What strangers write stands in mails of ours: it must not lead anywhere.</summary>
    public static IRuleBuilderOptions<T, string?> IsNoLink<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null || !(text.Contains("://", StringComparison.Ordinal)
                || text.Contains("www.", StringComparison.OrdinalIgnoreCase)))
            .Saying("link", "A name is expected, no link.", "링크가 아닌 이름이어야 합니다.");

    /// <summary>A code for programs, and words for people in both languages.</summary>
    public static IRuleBuilderOptions<T, TProperty> Saying<T, TProperty>(
        this IRuleBuilderOptions<T, TProperty> rule, string code, string english, string korean) =>
        rule.WithErrorCode(code).WithMessage(_ => Say(english, korean));

    public static string Say(string english, string korean) =>
        CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "ko" ? korean : english;
}
