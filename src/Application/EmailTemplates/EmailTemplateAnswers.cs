using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Mails;
using FluentValidation;
using FluentValidation.Results;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>The words of one mail in one language.</summary>
public sealed record EmailTemplateDetails : IVersioned, ISubject
{
    /// <summary>Of the mail, e.g. invitation.</summary>
    [Required] public required string Key { get; init; }

    /// <summary>ko or en.</summary>
    [Required] public required string Locale { get; init; }

    /// <summary>Liquid.</summary>
    [Required] public required string Subject { get; init; }

    /// <summary>Liquid, in plain text: the HTML is made of it.</summary>
    [Required] public required string Body { get; init; }

    /// <summary>The organization's own words; ours if not.</summary>
    [Required] public required bool Customized { get; init; }

    /// <summary>What subject and body may name.</summary>
    [Required] public required IReadOnlyList<string> Variables { get; init; }

    /// <summary>What the body must show.</summary>
    [Required] public required IReadOnlyList<string> RequiredVariables { get; init; }

    /// <summary>Also the ETag; 0 for ours.</summary>
    [Required] public required long Version { get; init; }

    /// <summary>Null for ours.</summary>
    public required DateTimeOffset? UpdatedAt { get; init; }

    Guid ISubject.SubjectId => RowId;

    private Guid RowId { get; init; }

    /// <param name="own">Null when the tenant has none.</param>
    internal static EmailTemplateDetails Of(string key, string locale, EmailTemplate? own, IMailWords words)
    {
        var source = own is null ? words.Ours(key, locale) : new(own.Subject, own.Body);
        return new()
        {
            Key = key,
            Locale = locale,
            Subject = source.Subject,
            Body = source.Body,
            Customized = own is not null,
            Variables = MailTemplates.VariablesOf(key),
            RequiredVariables = MailTemplates.Changeable[key],
            Version = own?.Version ?? 0,
            UpdatedAt = own?.UpdatedAt,
            RowId = own?.Id.Value ?? Guid.Empty,
        };
    }
}

/// <summary>About the template of one mail in one language; the tenant's own language when none is named.</summary>
internal interface IOfTemplate
{
    string Key { get; }

    string? Locale { get; }
}

internal static class EmailTemplateRules
{
    public static bool Exists(this IOfTemplate request) => MailTemplates.Changeable.ContainsKey(request.Key);

    public static string LocaleFor(this IOfTemplate request, Tenant tenant) =>
        request.Locale ?? MailTemplates.LocaleOf(tenant.Locale);

    public static IQueryable<EmailTemplate> Of(this IQueryable<EmailTemplate> templates, string key, string locale) =>
        templates.Where(t => t.Key == key && t.Locale == locale);

    public static void AddLocaleRule<T>(this AbstractValidator<T> validator)
        where T : IOfTemplate =>
        validator.RuleFor(request => request.Locale).Must(locale => locale is null || MailTemplates.Locales.Contains(locale))
            .Saying("unknown_locale", "ko or en is expected.", "ko 또는 en이어야 합니다.").OverridePropertyName("?locale");

    public static void IsSubject<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(EmailTemplate.SubjectMaxLength).IsWellFormed()
            .Must(subject => subject is null || !subject.Any(c => c is '\n' or '\r'))
            .Saying("line_break", "One line is expected.", "한 줄이어야 합니다.");

    public static void IsBody<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(EmailTemplate.BodyMaxLength).IsWellFormed();

    public static void AddFailures<T>(this ValidationContext<T> context, IEnumerable<Failure> failures)
    {
        foreach (var failure in failures)
            context.AddFailure(new ValidationFailure(failure.Pointer, failure.Message) { ErrorCode = failure.Code });
    }
}
