using FluentValidation;

namespace CleanTenancy.Application.Common;

internal static class TextRules
{
    /// <summary>No control characters but tab, line feed and carriage return.</summary>
    public static IRuleBuilderOptions<T, string?> IsWellFormed<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null || !text.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r')))
            .WithErrorCode("control_character");
}
