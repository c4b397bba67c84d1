using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;

namespace CleanTenancy.Infrastructure.Mails;

/// <inheritdoc cref="IMailWords"/>
internal sealed class MailWords(TimeProvider clock) : IMailWords
{
    /// <summary>For each value of a mail that may be changed, one that looks like it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Samples = new Dictionary<string, string>
    {
        ["inviter"] = "Kim Minji",
        ["link"] = "https://events.example/accept-invitation?token=3q2-7wAAAAAAAAAA",
        ["days"] = "7",
    };

    public MailSource Ours(string key, string locale) => MailSources.Of(key, locale);

    public IReadOnlyList<Failure> Check(string key, MailSource source)
    {
        var made = OwnWords.Parse(key, source, out var failures);
        if (made is null) return failures;

        var values = MailTemplates.VariablesOf(key).ToDictionary(name => name, name => Samples.GetValueOrDefault(name, "Acme"));
        if (made.Render(values) is not { } mail)
            return [TenantLiquid.Fault("/body", "liquid_too_complex", "The mail cannot be made.", "메일을 만들 수 없습니다.")];

        return
        [
            .. from name in OwnWords.MissingFrom(key, mail.Body, values)
               select TenantLiquid.Fault(
                   "/body", "missing_variable", $"The mail must show {{{{ {name} }}}}.", $"메일에 {{{{ {name} }}}}이(가) 있어야 합니다."),
        ];
    }

    public MailPreview Preview(string key, string locale, MailSource source, Tenant tenant)
    {
        var message = new OutboxDelivery(
            new(tenant.Id, tenant.Name, tenant.Locale, tenant.TimeZone), default, OutboxWriter.MailKind, "", clock.Now(),
            Attempt: 1, Fence: 1, Lapsed: false);
        var mail = MailRenderer.RenderOwn(message, new Mail(key, "", locale, Samples), source)
            ?? throw new InvalidOperationException("Words that were not checked.");
        return new(mail.Subject, mail.Text, mail.Html);
    }
}
