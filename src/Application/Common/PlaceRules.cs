using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using FluentValidation;

namespace CleanTenancy.Application.Common;

/// <summary>Where an event takes place and how one reaches it: the same for events and what they are made from.</summary>
internal static class PlaceRules
{
    public static IRuleBuilderOptions<T, string?> IsWebAddress<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(EventContent.OnlineUrlMaxLength).Must(BeWebAddress)
            .Saying("not_https", "An https address is expected.", "https 주소여야 합니다.");

    public static IRuleBuilderOptions<T, string?> IsEmailAddress<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(email => email is null || EmailAddress.TryNormalize(email, out _))
            .Saying("not_an_email", "An e-mail address is expected.", "이메일 주소여야 합니다.");

    private static bool BeWebAddress(string? text) =>
        text is null || (!text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
            && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme == Uri.UriSchemeHttps
            && uri.UserInfo.Length == 0);
}

internal sealed class VenueValidator : AbstractValidator<Venue>
{
    public VenueValidator()
    {
        RuleFor(v => v.Name).NotEmpty().MaximumLength(Venue.NameMaxLength).IsWellFormed();
        RuleFor(v => v.Address).MaximumLength(Venue.AddressMaxLength).IsWellFormed();
    }
}
