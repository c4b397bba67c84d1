using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>Sends the outbox's mails: in the tenant's words where there are any that can be used, else in ours.</summary>
internal sealed partial class MailHandler(
    IMailer mailer, TenantWords tenants, IFailPoints failPoints, ILogger<MailHandler> log) : IOutboxHandler
{
    public string Kind => OutboxWriter.MailKind;

    public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        var mail = JsonSerializer.Deserialize<Mail>(message.Payload, Wire.Json)
            ?? throw new DeliveryException("The payload is no mail.", DeliveryFault.Final);
        await mailer.SendAsync(await MakeAsync(message, mail, cancellationToken), cancellationToken);
        failPoints.Pass("mail.sent");
    }

    private async Task<OutgoingMail> MakeAsync(OutboxDelivery message, Mail mail, CancellationToken cancellationToken)
    {
        var (org, locale) = (message.Tenant.Id, MailRenderer.LocaleOf(message, mail));
        if (await tenants.FindAsync(org, mail.Template, locale, cancellationToken) is not { } own)
            return MailRenderer.Render(message, mail);
        if (MailRenderer.RenderOwn(message, mail, own) is { } made) return made;

        Unfit(mail.Template, locale, org);
        return MailRenderer.Render(message, mail);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The words of {OrgId} for {Template} in {Locale} cannot be used; ours are sent")]
    private partial void Unfit(string template, string locale, TenantId orgId);
}
