using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Mails;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>
/// Puts a mail into the organization's own words: from the next one on. If-Match may be left out only while the words
/// are ours.
/// </summary>
/// <param name="Key">Of the mail, e.g. invitation.</param>
/// <param name="Locale">ko or en; the organization's when absent.</param>
/// <param name="IfMatch">The version that was read.</param>
/// <param name="Content">Subject and body.</param>
public sealed record ReplaceEmailTemplate(
    string Key, string? Locale, VersionCondition IfMatch, EmailTemplateContent Content)
    : ICommand<EmailTemplateDetails>, IOfTemplate
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TemplatesWrite,
        Feature = Feature.EmailTemplates,
        Audit = "email_template.replaced",
    };
}

/// <summary>The words of a mail: Liquid with values, a few filters, if, unless and case.</summary>
public sealed record EmailTemplateContent
{
    /// <summary>One line.</summary>
    [Required] public string Subject { get; init; } = "";

    /// <summary>Plain text: paragraphs, and lines that are a link, become HTML.</summary>
    [Required] public string Body { get; init; } = "";
}

internal sealed class ReplaceEmailTemplateValidator : AbstractValidator<ReplaceEmailTemplate>
{
    public ReplaceEmailTemplateValidator(IMailWords words)
    {
        this.AddLocaleRule();
        RuleFor(c => c.Content.Subject).NotEmpty().IsSubject();
        RuleFor(c => c.Content.Body).NotEmpty().IsBody();
        RuleFor(c => c).Custom((command, context) =>
            context.AddFailures(words.Check(command.Key, new(command.Content.Subject, command.Content.Body))))
            .When(c => c.Exists() && c.Content is
            {
                Subject.Length: <= EmailTemplate.SubjectMaxLength,
                Body.Length: <= EmailTemplate.BodyMaxLength,
            });
    }
}

internal sealed class ReplaceEmailTemplateHandler(
    IAppDbContext db, ICaller caller, IMailWords words, TimeProvider clock)
    : IRequestHandler<ReplaceEmailTemplate, Result<EmailTemplateDetails>>
{
    public async Task<Result<EmailTemplateDetails>> Handle(
        ReplaceEmailTemplate command, CancellationToken cancellationToken)
    {
        if (!command.Exists()) return Error.NotFound;

        var (tenant, now, content) = (caller.RequiredTenant(), clock.Now(), command.Content);
        var locale = command.LocaleFor(tenant);
        var own = await db.EmailTemplates.AsTracking().Of(command.Key, locale).SingleOrDefaultAsync(cancellationToken);
        if (own is not null)
        {
            if (command.IfMatch.Check(own) is { } stale) return stale;

            own.Change(content.Subject, content.Body, now);
            return EmailTemplateDetails.Of(command.Key, locale, own, words);
        }

        var ours = EmailTemplateDetails.Of(command.Key, locale, own: null, words);
        if (!command.IfMatch.IsAbsent && command.IfMatch.Check(ours) is { } unlike) return unlike;

        // Whoever does the same at the same time is refused by the index, as if they had come later.
        own = EmailTemplate.Make(tenant.Id, command.Key, locale, content.Subject, content.Body, now);
        db.EmailTemplates.Add(own);
        return EmailTemplateDetails.Of(command.Key, locale, own, words);
    }
}
