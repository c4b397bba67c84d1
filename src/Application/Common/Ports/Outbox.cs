namespace CleanTenancy.Application.Common.Ports;

/// <summary>What happens outside after the commit (ADR 0006): queued in the command's transaction.</summary>
public interface IOutbox
{
    /// <summary>Queues a mail; it is sent at least once, after the commit and not without one.</summary>
    Task MailAsync(Mail mail, CancellationToken cancellationToken);

    /// <summary>Queues the erasure of what the store holds of a file that is no more.</summary>
    Task EraseFileAsync(FileKey file, CancellationToken cancellationToken);
}

/// <summary>A mail to one person.</summary>
/// <param name="Template">Its key, e.g. password_reset.</param>
/// <param name="To">The address.</param>
/// <param name="Locale">ko or en; another one falls back to the tenant's.</param>
/// <param name="Values">What the template shows.</param>
public sealed record Mail(string Template, string To, string Locale, IReadOnlyDictionary<string, string> Values);

/// <summary>Addresses of pages that mails point at: on hosts of ours, never on one that a request named.</summary>
public interface ILinks
{
    /// <param name="tenant">Whose host.</param>
    /// <param name="path">Starts with a slash; may have a query.</param>
    string To(Tenant tenant, string path);

    /// <summary>On the platform host, for who has no tenant yet.</summary>
    /// <param name="path">Starts with a slash; may have a query.</param>
    string ToPlatform(string path);

    /// <summary>The host, and port where there is one, of a tenant with this slug.</summary>
    string HostOf(string slug);
}
