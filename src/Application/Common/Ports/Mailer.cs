using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Hands a mail to a mail server, now: only the outbox's dispatcher calls it, outside every transaction.</summary>
public interface IMailer
{
    /// <summary>Returns when the server has taken the mail; what it says after that changes nothing.</summary>
    /// <exception cref="DeliveryException">It was not taken, or that cannot be known.</exception>
    Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken);
}

/// <summary>A mail as it goes out.</summary>
/// <param name="Id">Of its outbox message: sent twice, it is the same mail with the same Message-Id.</param>
/// <param name="FromName">The tenant's name; the address is the platform's.</param>
/// <param name="To">One address.</param>
/// <param name="Locale">BCP 47, of the words.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">The same in plain text.</param>
/// <param name="Html">The same in HTML.</param>
public sealed record OutgoingMail(
    MessageId Id, string FromName, string To, string Locale, string Subject, string Text, string Html);
