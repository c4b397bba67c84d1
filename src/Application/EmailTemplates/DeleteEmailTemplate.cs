using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EmailTemplates;

/// <summary>Deletes the organization's own words of a mail: ours are sent again.</summary>
/// <param name="Key">Of the mail, e.g. invitation.</param>
/// <param name="Locale">ko or en; the organization's when absent.</param>
/// <param name="IfMatch">The version that was read.</param>
public sealed record DeleteEmailTemplate(string Key, string? Locale, VersionCondition IfMatch)
    : ICommand<Nothing>, IConditional, IOfTemplate
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TemplatesWrite,
        Feature = Feature.EmailTemplates,
        Audit = "email_template.deleted",
    };
}

internal sealed class DeleteEmailTemplateValidator : AbstractValidator<DeleteEmailTemplate>
{
    public DeleteEmailTemplateValidator() => this.AddLocaleRule();
}

internal sealed class DeleteEmailTemplateHandler(IAppDbContext db, ICaller caller)
    : IRequestHandler<DeleteEmailTemplate, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteEmailTemplate command, CancellationToken cancellationToken)
    {
        var locale = command.LocaleFor(caller.RequiredTenant());
        if (await db.EmailTemplates.AsTracking().Of(command.Key, locale).SingleOrDefaultAsync(cancellationToken)
            is not { } own)
            return Error.NotFound;
        if (command.IfMatch.Check(own) is { } stale) return stale;

        db.EmailTemplates.Remove(own);
        return Nothing.Value;
    }
}
