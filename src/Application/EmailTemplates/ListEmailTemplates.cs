using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>Lists the mails whose words may be changed, in each language, with the words of now.</summary>
public sealed record ListEmailTemplates : IQuery<EmailTemplateList>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TemplatesWrite,
        Feature = Feature.EmailTemplates,
        Audit = Deed.None,
    };
}

/// <summary>All templates that may be changed.</summary>
public sealed record EmailTemplateList([property: Required] IReadOnlyList<EmailTemplateDetails> Data);

internal sealed class ListEmailTemplatesHandler(IAppDbContext db, IMailWords words)
    : IRequestHandler<ListEmailTemplates, Result<EmailTemplateList>>
{
    public async Task<Result<EmailTemplateList>> Handle(ListEmailTemplates query, CancellationToken cancellationToken)
    {
        var own = await db.EmailTemplates.ToDictionaryAsync(t => (t.Key, t.Locale), cancellationToken);
        return new EmailTemplateList(
        [
            .. from key in MailTemplates.Changeable.Keys.Order(StringComparer.Ordinal)
               from locale in MailTemplates.Locales
               select EmailTemplateDetails.Of(key, locale, own.GetValueOrDefault((key, locale)), words),
        ]);
    }
}
