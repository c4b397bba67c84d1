using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Events;
using FluentValidation;
using FluentValidation.Results;

namespace CleanTenancy.Application.Events;

/// <summary>The shape of an event, for creating and changing alike.</summary>
internal sealed class EventContentValidator : AbstractValidator<EventContent>
{
    public EventContentValidator()
    {
        RuleFor(c => c.Title).NotEmpty().MaximumLength(EventContent.TitleMaxLength).IsWellFormed();
        RuleFor(c => c.Description).MaximumLength(EventContent.DescriptionMaxLength).IsWellFormed();
        RuleFor(c => c.StartsAt).NotEmpty();
        RuleFor(c => c.EndsAt).Cascade(CascadeMode.Stop).NotEmpty().GreaterThan(c => c.StartsAt);
        RuleFor(c => c.TimeZone).IsTimeZone();
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

    private static bool BeTranslation(KeyValuePair<string, EventTranslation> translation) =>
        LocaleRules.IsLocale(translation.Key)
        && translation.Value is { Title.Length: <= EventContent.TitleMaxLength } words
        && !string.IsNullOrWhiteSpace(words.Title)
        && TextRules.IsWellFormed(words.Title) && TextRules.IsWellFormed(words.Description)
        && words.Description is null or { Length: <= EventContent.DescriptionMaxLength };
}
