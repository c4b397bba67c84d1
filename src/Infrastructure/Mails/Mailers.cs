using System.Net.Sockets;
using System.Text;
using CleanTenancy.Application.Common.Ports;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>Hands mails to the SMTP server, each on a connection of its own.</summary>
internal sealed class SmtpMailer(MailSettings settings, TimeProvider clock) : IMailer
{
    public async Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        using var message = MimeMessages.Of(mail, settings, clock);
        using var client = new SmtpClient();
        try
        {
            // A password goes over TLS only.
            var security = settings.User is null
                ? SecureSocketOptions.StartTlsWhenAvailable
                : settings.Port == 465 ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls;
            await client.ConnectAsync(settings.Host!, settings.Port, security, cancellationToken);
            if (settings.User is { } user)
                await client.AuthenticateAsync(user, settings.Password ?? "", cancellationToken);
        }
        catch (Exception failure) when (failure
            is SocketException or IOException or SmtpProtocolException or SmtpCommandException
            or SslHandshakeException or AuthenticationException or NotSupportedException)
        {
            throw new DeliveryException(
                $"The mail server was not reached: {failure.GetType().Name}.", DeliveryFault.Unreachable, failure);
        }

        try
        {
            await client.SendAsync(message, cancellationToken);
        }
        catch (SmtpCommandException refused)
        {
            // 5xx is for ever (RFC 5321, 4.2.1). The server's text may name the address.
            var isFinal = (int)refused.StatusCode >= 500;
            throw new DeliveryException(
                $"The mail server refused: {(int)refused.StatusCode}.",
                isFinal ? DeliveryFault.Final : DeliveryFault.Passing,
                refused);
        }
        catch (Exception failure) when (failure is IOException or SmtpProtocolException or SocketException)
        {
            throw new DeliveryException("The connection broke while sending.", DeliveryFault.Passing, failure);
        }

        await client.DisconnectAsync(quit: true, CancellationToken.None);
    }
}

/// <summary>Writes mails to a folder, for whoever develops.</summary>
internal sealed class FileMailer(MailSettings settings, TimeProvider clock) : IMailer
{
    public async Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.Folder);
        using var message = MimeMessages.Of(mail, settings, clock);
        await message.WriteToAsync(Path.Combine(settings.Folder, $"{mail.Id}.eml"), cancellationToken);
    }
}

internal static class MimeMessages
{
    public static MimeMessage Of(OutgoingMail mail, MailSettings settings, TimeProvider clock)
    {
        var message = new MimeMessage
        {
            Subject = mail.Subject,
            // Receivers can drop what comes twice.
            MessageId = $"{mail.Id}@{settings.Domain}",
            Date = clock.GetUtcNow(),
        };
        message.From.Add(new MailboxAddress(Encoding.UTF8, mail.FromName, settings.From));
        message.To.Add(new MailboxAddress("", mail.To));
        message.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834
        message.Headers.Add(HeaderId.ContentLanguage, mail.Locale);
        message.Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody();
        return message;
    }
}
