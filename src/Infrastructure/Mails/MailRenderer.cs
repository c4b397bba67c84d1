using System.Collections.Frozen;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Outbox;
using Fluid;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>
/// Makes a mail of a template (Liquid, one for each language: the subject, a blank line, the text) and its values. The
/// HTML is the same text: values are escaped, paragraphs are paragraphs, a line that is a link is one.
/// </summary>
internal sealed partial class MailRenderer
{
    private static readonly FrozenDictionary<(string Key, string Locale), (IFluidTemplate Subject, IFluidTemplate Body)>
        Templates = Load();

    /// <exception cref="DeliveryException">The template is gone, or a value is missing: it would be so for ever.</exception>
    public static OutgoingMail Render(OutboxDelivery message, Mail mail)
    {
        var locale = MailTemplates.LocaleOf(mail.Locale, message.Tenant.Locale);
        if (!Templates.TryGetValue((mail.Template, locale), out var template))
            throw new DeliveryException($"There is no template {mail.Template}.", DeliveryFault.Final);

        var context = new TemplateContext(new Dictionary<string, object>(), new TemplateOptions());
        foreach (var (name, value) in mail.Values) context.SetValue(name, Shown(name, value, message.Tenant, locale));
        context.SetValue("tenant", message.Tenant.Name);
        context.SetValue("at", Instant(message.QueuedAt, message.Tenant, locale));
        return new OutgoingMail(
            message.Id,
            message.Tenant.Name,
            mail.To,
            locale,
            OneLine(template.Subject.Render(context, NullEncoder.Default)),
            template.Body.Render(context, NullEncoder.Default).Trim() + "\n",
            ToHtml(template.Body.Render(context, HtmlEncoder.Default), locale));
    }

    /// <summary>Variables of a template: all of them are values of its mail, or the build is wrong.</summary>
    internal static IEnumerable<string> VariablesOf(string key, string locale) =>
        Variable().Matches(Source(key, locale)).Select(match => match.Groups["name"].Value).Distinct();

    private static FrozenDictionary<(string, string), (IFluidTemplate, IFluidTemplate)> Load()
    {
        var parser = new FluidParser();
        return MailTemplates.Values.Keys
            .SelectMany(key => MailTemplates.Locales.Select(locale => (key, locale)))
            .ToFrozenDictionary(pair => pair, pair =>
            {
                var parts = Source(pair.key, pair.locale).Split("\n\n", 2);
                return (parser.Parse(parts[0]), parser.Parse(parts[1]));
            });
    }

    private static string Source(string key, string locale)
    {
        using var stream = typeof(MailRenderer).Assembly.GetManifestResourceStream($"Mail.{key}.{locale}")
            ?? throw new InvalidOperationException($"No mail template {key} in {locale}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
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

    private static string ToHtml(string escaped, string locale)
    {
        var paragraphs = escaped.Trim().Split("\n\n").Select(paragraph =>
            Link().IsMatch(paragraph)
                ? $"<p><a href=\"{paragraph}\">{paragraph}</a></p>"
                : $"<p>{paragraph.Replace("\n", "<br>", StringComparison.Ordinal)}</p>");
        return $"<!doctype html>\n<html lang=\"{locale}\"><body>\n{string.Join("\n", paragraphs)}\n</body></html>\n";
    }

    [GeneratedRegex(@"\{\{\s*(?<name>\w+)\s*\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"[\r\n\p{C}]+", RegexOptions.None, 1000)]
    private static partial Regex LineBreak();

    [GeneratedRegex(@"^https?://\S+$", RegexOptions.None, 1000)]
    private static partial Regex Link();
}
