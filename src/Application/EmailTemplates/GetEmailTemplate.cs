using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>Reads the words of a mail: the organization's own, or ours.</summary>
/// <param name="Key">Of the mail, e.g. invitation.</param>
/// <param name="Locale">ko or en; the organization's when absent.</param>
public sealed record GetEmailTemplate(string Key, string? Locale) : IQuery<EmailTemplateDetails>, IOfTemplate
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TemplatesWrite,
        Feature = Feature.EmailTemplates,
        Audit = Deed.None,
    };
}

internal sealed class GetEmailTemplateValidator : AbstractValidator<GetEmailTemplate>
{
    public GetEmailTemplateValidator() => this.AddLocaleRule();
}

internal sealed class GetEmailTemplateHandler(IAppDbContext db, ICaller caller, IMailWords words)
    : IRequestHandler<GetEmailTemplate, Result<EmailTemplateDetails>>
{
    public async Task<Result<EmailTemplateDetails>> Handle(GetEmailTemplate query, CancellationToken cancellationToken)
    {
        if (!query.Exists()) return Error.NotFound;

        var locale = query.LocaleFor(caller.RequiredTenant());
        var own = await db.EmailTemplates.Of(query.Key, locale).SingleOrDefaultAsync(cancellationToken);
        return EmailTemplateDetails.Of(query.Key, locale, own, words);
    }
}
