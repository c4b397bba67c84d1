using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>Shows a mail as somebody would get it, with made-up values. Sends and changes nothing.</summary>
/// <param name="Key">Of the mail, e.g. invitation.</param>
/// <param name="Locale">ko or en; the organization's when absent.</param>
/// <param name="Content">Words to try; what is absent is as it is now.</param>
public sealed record PreviewEmailTemplate(string Key, string? Locale, EmailTemplateDraft Content)
    : IQuery<EmailTemplatePreview>, IOfTemplate
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TemplatesWrite,
        Feature = Feature.EmailTemplates,
        Audit = Deed.None,
    };
}

/// <summary>Words that are not kept.</summary>
public sealed record EmailTemplateDraft
{
    public string? Subject { get; init; }

    public string? Body { get; init; }
}

/// <summary>A mail as somebody would get it.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Text">In plain text.</param>
/// <param name="Html">The same in HTML.</param>
public sealed record EmailTemplatePreview(
    [property: Required] string Subject, [property: Required] string Text, [property: Required] string Html);

internal sealed class PreviewEmailTemplateValidator : AbstractValidator<PreviewEmailTemplate>
{
    public PreviewEmailTemplateValidator()
    {
        this.AddLocaleRule();
        RuleFor(c => c.Content.Subject).IsSubject();
        RuleFor(c => c.Content.Body).IsBody();
    }
}

internal sealed class PreviewEmailTemplateHandler(IAppDbContext db, ICaller caller, IMailWords words)
    : IRequestHandler<PreviewEmailTemplate, Result<EmailTemplatePreview>>
{
    public async Task<Result<EmailTemplatePreview>> Handle(
        PreviewEmailTemplate query, CancellationToken cancellationToken)
    {
        if (!query.Exists()) return Error.NotFound;

        var tenant = caller.RequiredTenant();
        var locale = query.LocaleFor(tenant);
        var own = await db.EmailTemplates.Of(query.Key, locale).Select(t => new MailSource(t.Subject, t.Body))
            .SingleOrDefaultAsync(cancellationToken);
        var now = own ?? words.Ours(query.Key, locale);
        var draft = new MailSource(query.Content.Subject ?? now.Subject, query.Content.Body ?? now.Body);
        if (words.Check(query.Key, draft) is { Count: > 0 } unfit) return Error.Validation(unfit);

        var shown = words.Preview(query.Key, locale, draft, tenant);
        return new EmailTemplatePreview(shown.Subject, shown.Text, shown.Html);
    }
}
