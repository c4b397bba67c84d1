using System.Collections.Frozen;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Outbox;
using Fluid;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>
/// Makes a mail of a template (Liquid: a subject and a text) and its values. The HTML is the same text, all of it
/// escaped: paragraphs are paragraphs, a line that is a link is one, and nothing else is markup, whoever wrote it.
/// </summary>
internal static partial class MailRenderer
{
    private static readonly FrozenDictionary<(string Key, string Locale), (IFluidTemplate Subject, IFluidTemplate Body)>
        Templates = Load();

    /// <summary>Of the signs that end text and begin markup; not of Korean.</summary>
    private static readonly HtmlEncoder Escape = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>In our words.</summary>
    /// <exception cref="DeliveryException">The template is gone, or a value is missing: it would be so for ever.</exception>
    public static OutgoingMail Render(OutboxDelivery message, Mail mail)
    {
        var locale = LocaleOf(message, mail);
        if (!Templates.TryGetValue((mail.Template, locale), out var template))
            throw new DeliveryException($"There is no template {mail.Template}.", DeliveryFault.Final);

        var context = new TemplateContext(new TemplateOptions());
        foreach (var (name, value) in ValuesOf(message, mail, locale)) context.SetValue(name, value);
        return Compose(
            message,
            mail,
            locale,
            template.Subject.Render(context, NullEncoder.Default),
            template.Body.Render(context, NullEncoder.Default));
    }

    /// <summary>In the tenant's words.</summary>
    /// <returns>Null when they cannot be used: with these values, or since what may be written was narrowed.</returns>
    public static OutgoingMail? RenderOwn(OutboxDelivery message, Mail mail, MailSource own)
    {
        var locale = LocaleOf(message, mail);
        var values = ValuesOf(message, mail, locale);
        return OwnWords.Parse(mail.Template, own, out _)?.Render(values) is { } made
            && !OwnWords.MissingFrom(mail.Template, made.Body, values).Any()
                ? Compose(message, mail, locale, made.Subject, made.Body)
                : null;
    }

    /// <summary>The mail's language, else the tenant's, else English.</summary>
    public static string LocaleOf(OutboxDelivery message, Mail mail) =>
        MailTemplates.LocaleOf(mail.Locale, message.Tenant.Locale);

    /// <summary>Variables of a template: all of them are values of its mail, or the build is wrong.</summary>
    internal static IEnumerable<string> VariablesOf(string key, string locale)
    {
        var (subject, body) = MailSources.Of(key, locale);
        return Variable().Matches($"{subject}\n{body}").Select(match => match.Groups["name"].Value).Distinct();
    }

    private static FrozenDictionary<(string, string), (IFluidTemplate, IFluidTemplate)> Load()
    {
        var parser = new FluidParser();
        return MailTemplates.Values.Keys
            .SelectMany(key => MailTemplates.Locales.Select(locale => (key, locale)))
            .ToFrozenDictionary(pair => pair, pair =>
            {
                var (subject, body) = MailSources.Of(pair.key, pair.locale);
                return (parser.Parse(subject), parser.Parse(body));
            });
    }

    private static Dictionary<string, string> ValuesOf(OutboxDelivery message, Mail mail, string locale)
    {
        var values = mail.Values.ToDictionary(
            pair => pair.Key, pair => Shown(pair.Key, pair.Value, message.Tenant, locale));
        values["tenant"] = message.Tenant.Name;
        values["at"] = Instant(message.QueuedAt, message.Tenant, locale);
        return values;
    }

    private static OutgoingMail Compose(
        OutboxDelivery message, Mail mail, string locale, string subject, string body)
    {
        var text = body.ReplaceLineEndings("\n").Trim();
        return new(message.Id, message.Tenant.Name, mail.To, locale, OneLine(subject), text + "\n", ToHtml(text, locale));
    }

    private static string Shown(string name, string value, OutboxTenant tenant, string locale) =>
        name.EndsWith("At", StringComparison.Ordinal) && MailTemplates.TryInstant(value, out var instant)
            ? Instant(instant, tenant, locale)
            : value;

    /// <summary>In the tenant's time zone, which it names; UTC where the zone is unknown here.</summary>
    private static string Instant(DateTimeOffset instant, OutboxTenant tenant, string locale)
    {
        var known = TimeZoneInfo.TryFindSystemTimeZoneById(tenant.TimeZone, out var zone);
        var local = TimeZoneInfo.ConvertTime(instant, known ? zone! : TimeZoneInfo.Utc);
        var format = locale == "ko" ? "yyyy년 M월 d일 HH:mm" : "d MMMM yyyy, HH:mm";
        return $"{local.ToString(format, CultureInfo.InvariantCulture)} ({(known ? tenant.TimeZone : "UTC")})";
    }

    /// <summary>A header is one line, whatever a value holds.</summary>
    private static string OneLine(string text) => LineBreak().Replace(text, " ").Trim();

    private static string ToHtml(string text, string locale)
    {
        var paragraphs = text.Split("\n\n").Select(paragraph =>
            Link().IsMatch(paragraph)
                ? $"<p><a href=\"{Escape.Encode(paragraph)}\">{Escape.Encode(paragraph)}</a></p>"
                : $"<p>{string.Join("<br>", paragraph.Split('\n').Select(Escape.Encode))}</p>");
        return $"<!doctype html>\n<html lang=\"{locale}\"><body>\n{string.Join("\n", paragraphs)}\n</body></html>\n";
    }

    [GeneratedRegex(@"\{\{\s*(?<name>\w+)\s*\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"[\r\n\p{C}]+", RegexOptions.None, 1000)]
    private static partial Regex LineBreak();

    [GeneratedRegex(@"^https?://\S+\z", RegexOptions.None, 1000)]
    private static partial Regex Link();
}
