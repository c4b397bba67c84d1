using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>Where mails go: Mail__Host and the rest, or files while developing.</summary>
/// <param name="Host">Of the SMTP server; null for files.</param>
/// <param name="Folder">For .eml files, where there is no server.</param>
internal sealed record MailSettings(
    string? Host, int Port, string? User, string? Password, string From, string Domain, string Folder)
{
    private const int Submission = 587; // RFC 6409

    /// <exception cref="InvalidOperationException">A setting is missing, and this is not Development.</exception>
    public static MailSettings Read(IConfiguration configuration, bool isDevelopment)
    {
        var (host, from) = (configuration["Mail:Host"], configuration["Mail:From"]);
        if (!isDevelopment && host is null) throw new InvalidOperationException("Mail__Host is not set.");
        if (!isDevelopment && from is null) throw new InvalidOperationException("Mail__From is not set.");

        var domain = configuration["Tenancy:BaseDomain"] ?? "localhost";
        return new(
            host,
            configuration.GetValue("Mail:Port", Submission),
            configuration["Mail:User"],
            configuration["Mail:Password"],
            from ?? $"events@{domain}",
            domain,
            Path.Combine(Path.GetFullPath(configuration["Development:DataFolder"] ?? ".dev"), "mail"));
    }
}
