using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Outbox;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>Sends the outbox's mails.</summary>
internal sealed class MailHandler(IMailer mailer, IFailPoints failPoints) : IOutboxHandler
{
    public string Kind => OutboxWriter.MailKind;

    public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        var mail = JsonSerializer.Deserialize<Mail>(message.Payload, Wire.Json)
            ?? throw new DeliveryException("The payload is no mail.", DeliveryFault.Final);
        await mailer.SendAsync(MailRenderer.Render(message, mail), cancellationToken);
        failPoints.Pass("mail.sent");
    }
}
