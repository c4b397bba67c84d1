using System.Text.RegularExpressions;
using CleanTenancy.Domain.Common;
using FluentValidation;

namespace CleanTenancy.Application.Common;

/// <summary>What says where somebody is: language, time zone, currency.</summary>
internal static partial class LocaleRules
{
    public static IRuleBuilderOptions<T, string?> IsTimeZone<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(name => name is null || IsTimeZone(name)).Saying(
            "unknown_time_zone",
            "An IANA time zone name is expected, e.g. Asia/Seoul.",
            "IANA 시간대 이름이어야 합니다. 예: Asia/Seoul");

    public static IRuleBuilderOptions<T, string?> IsLocale<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(tag => tag is null || IsLocale(tag)).Saying(
            "unknown_locale", "A language tag is expected, e.g. ko or en-US.", "언어 태그여야 합니다. 예: ko, en-US");

    public static IRuleBuilderOptions<T, string?> IsCurrency<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(code => code is null || Currencies.IsKnown(code)).Saying(
            "unknown_currency", "A currency's code is expected (ISO 4217).", "통화 코드여야 합니다 (ISO 4217).");

    public static bool IsTimeZone(string name) =>
        name.Length <= 64 && TimeZoneName().IsMatch(name)
        // The system ignores case once it has found the zone: without the comparison the answer would depend on others.
        && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId && zone.Id == name;

    public static bool IsLocale(string tag) => LanguageTag().IsMatch(tag);

    /// <summary>Area/Location (tzdata): the system's other names, such as posix/..., are not IANA's.</summary>
    [GeneratedRegex("^(UTC|[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2})\\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex TimeZoneName();

    /// <summary>The shape of the language tags that people use (BCP 47): language, script, region.</summary>
    [GeneratedRegex("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex LanguageTag();
}
