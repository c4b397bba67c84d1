using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Events;
using FluentValidation;
using FluentValidation.Results;

namespace CleanTenancy.Application.Events;

/// <summary>The shape of an event, for creating and changing alike.</summary>
internal sealed partial class EventContentValidator : AbstractValidator<EventContent>
{
    public EventContentValidator()
    {
        RuleFor(c => c.Title).NotEmpty().MaximumLength(EventContent.TitleMaxLength).IsWellFormed();
        RuleFor(c => c.Description).MaximumLength(EventContent.DescriptionMaxLength).IsWellFormed();
        RuleFor(c => c.StartsAt).NotEmpty();
        RuleFor(c => c.EndsAt).Cascade(CascadeMode.Stop).NotEmpty().GreaterThan(c => c.StartsAt);
        RuleFor(c => c.TimeZone).Must(BeTimeZone)
            .Saying(
                "unknown_time_zone",
                "An IANA time zone name is expected, e.g. Asia/Seoul.",
                "IANA 시간대 이름이어야 합니다. 예: Asia/Seoul");
        RuleFor(c => c.Capacity).InclusiveBetween(1, EventContent.CapacityMax);
        RuleFor(c => c.Venue!).SetValidator(new VenueValidator()).When(c => c.Venue is not null);
        RuleFor(c => c.OnlineUrl).IsWebAddress();
        RuleFor(c => c.SalesEndAt).GreaterThan(c => c.SalesStartAt)
            .When(c => c is { SalesStartAt: not null, SalesEndAt: not null });
        RuleFor(c => c.ContactEmail).IsEmailAddress();
        RuleFor(c => c.Translations).Must(t => t is null || t.Count <= EventContent.TranslationsMax)
            .Saying("too_many", "Too many translations.", "번역이 너무 많습니다.");
        RuleFor(c => c.Translations).Custom((translations, context) =>
        {
            // Not RuleForEach: it would name the translation by its place instead of its tag.
            foreach (var (tag, _) in (translations ?? NoTranslations).Where(translation => !BeTranslation(translation)))
                context.AddFailure(new ValidationFailure(
                    "/translations" + Malformed.Pointer(tag),
                    TextRules.Say("A language tag with a title is expected.", "언어 태그와 제목이 필요합니다."))
                {
                    ErrorCode = "invalid_translation",
                });
        });
    }

    private static readonly Dictionary<string, EventTranslation> NoTranslations = [];

    private static bool BeTimeZone(string? name) =>
        name is null || (name.Length <= 64 && TimeZoneName().IsMatch(name)
            // The system ignores case once it has found the zone: without the comparison
            // the answer would depend on others.
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId && zone.Id == name);

    private static bool BeTranslation(KeyValuePair<string, EventTranslation> translation) =>
        LanguageTag().IsMatch(translation.Key)
        && translation.Value is { Title.Length: <= EventContent.TitleMaxLength } words
        && !string.IsNullOrWhiteSpace(words.Title)
        && TextRules.IsWellFormed(words.Title) && TextRules.IsWellFormed(words.Description)
        && words.Description is null or { Length: <= EventContent.DescriptionMaxLength };

    /// <summary>Area/Location (tzdata): the system's other names, such as posix/..., are not IANA's.</summary>
    [GeneratedRegex("^(UTC|[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2})\\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex TimeZoneName();

    /// <summary>The shape of the language tags that people use (BCP 47): language, script, region.</summary>
    [GeneratedRegex("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex LanguageTag();
}
