using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>The words of mails: ours, and what a tenant may make of them.</summary>
public interface IMailWords
{
    /// <summary>Ours, as they are written.</summary>
    /// <param name="key">From <see cref="MailTemplates"/>.</param>
    /// <param name="locale">One of <see cref="MailTemplates.Locales"/>.</param>
    MailSource Ours(string key, string locale);

    /// <summary>What keeps such words from being sent; empty when nothing does.</summary>
    /// <param name="key">One of <see cref="MailTemplates.Changeable"/>.</param>
    /// <param name="source">The pointers of the failures are /subject and /body.</param>
    IReadOnlyList<Failure> Check(string key, MailSource source);

    /// <summary>The mail as somebody would get it, with made-up values.</summary>
    /// <param name="source">Words that passed <see cref="Check"/>.</param>
    MailPreview Preview(string key, string locale, MailSource source, Tenant tenant);
}

/// <summary>A template: Liquid.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Body">Plain text; the HTML is made of it.</param>
public sealed record MailSource(string Subject, string Body);

/// <summary>What a template becomes.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Text">In plain text.</param>
/// <param name="Html">The same in HTML.</param>
public sealed record MailPreview(string Subject, string Text, string Html);
