using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>Our own words, built in: one file for each mail and language, the subject, a blank line, the text.</summary>
internal static class MailSources
{
    /// <exception cref="InvalidOperationException">There is no such mail, or it is not written in that language.</exception>
    public static MailSource Of(string key, string locale)
    {
        using var stream = typeof(MailSources).Assembly.GetManifestResourceStream($"Mail.{key}.{locale}")
            ?? throw new InvalidOperationException($"No mail template {key} in {locale}.");
        using var reader = new StreamReader(stream);
        var parts = reader.ReadToEnd().Split("\n\n", 2);
        return new(parts[0], parts[1]);
    }
}
