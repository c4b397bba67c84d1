using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Mails;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.IntegrationTests.Fixtures;
using MimeKit;

namespace CleanTenancy.IntegrationTests.Outbox;

/// <summary>Mails as a person gets them, in both languages.</summary>
public sealed class MailTests(TestHost host)
{
    private static readonly OutboxTenant Tenant =
        new(TenantId.New(TimeProvider.System.GetUtcNow()), "Acme <Events>", "ko", "Asia/Seoul");

    public static MatrixTheoryData<string, string> Templates => new(MailTemplates.Values.Keys, MailTemplates.Locales);

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_shows_its_values_and_escapes_them_in_HTML(string template, string locale)
    {
        var mail = Render(template, locale, name => name == "link" ? "https://acme.test/x?token=t" : $"<b>{name}</b>");

        mail.Locale.ShouldBe(locale);
        mail.Subject.ShouldContain("Acme <Events>");
        (mail.Subject + mail.Text + mail.Html).ShouldNotContain("{{");
        foreach (var name in MailTemplates.Values[template].Where(n => n is not ("link" or "startedAt")))
        {
            (mail.Subject + mail.Text).ShouldContain($"<b>{name}</b>");
            mail.Html.ShouldNotContain($"<b>{name}");
        }

        if (MailTemplates.Values[template].Contains("link"))
            mail.Html.ShouldContain("<a href=\"https://acme.test/x?token=t\">");
        mail.Html.ShouldNotContain("<Events>");
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_names_only_values_that_its_mail_must_have(string template, string locale) =>
        MailRenderer.VariablesOf(template, locale)
            .Except([.. MailTemplates.Values[template], "tenant", "at"]).ShouldBeEmpty();

    [Fact]
    public void A_mail_without_a_value_that_its_template_needs_is_not_queued() =>
        Should.Throw<ArgumentException>(() => MailTemplates.Require(
            new Mail("invitation", "a@b.test", "en", new Dictionary<string, string> { ["link"] = "x" })));

    [Theory]
    [InlineData("en", "7 May 2026, 21:00 (Asia/Seoul)")]
    [InlineData("ko", "2026년 5월 7일 21:00 (Asia/Seoul)")]
    public void An_instant_is_shown_in_the_tenants_time_zone(string locale, string shown) =>
        Render("session_stolen", locale, name => name == "startedAt" ? "2026-05-07T12:00:00Z" : name).Text.ShouldContain(shown);

    [Fact]
    public void A_value_cannot_break_out_of_a_header() =>
        Render("invitation", "en", _ => "Kim\r\nBcc: everybody@leak.test").Subject
            .ShouldBe("Kim Bcc: everybody@leak.test invites you to Acme <Events>");

    [Theory]
    [InlineData("ko", "비밀번호 재설정", "분 안에")]
    [InlineData("en", "Choose a new password", "within 30 minutes")]
    public async Task A_forgotten_password_brings_a_mail_whose_link_is_on_the_tenants_own_host(string locale, string subject, string text)
    {
        var tenant = await host.NewTenantAsync();
        await host.Api.ExecuteAsync("update organizations set locale = $2 where id = $1", tenant.Id.Value, locale);
        await host.Api.Seeder.ChangeAsync(tenant.Id, _ => { }, TestContext.Current.CancellationToken);
        await using var api = await host.StartApiAsync(host.Api.Database); // with nothing cached
        var email = tenant.Email(BuiltInRoles.Staff);

        (await api.Client(tenant.Host).PostAsync(
            "/v1/auth/password/forgot", new { email }, ("X-Forwarded-Host", "evil.test"))).Status
            .ShouldBe(System.Net.HttpStatusCode.NoContent);

        var mail = (await tenant.MailsAsync(email)).ShouldHaveSingleItem();
        mail.Subject.ShouldContain(subject);
        mail.Text.ShouldContain(text);
        (mail.Link.Scheme, mail.Link.Host).ShouldBe(("https", tenant.Host));
        mail.Message.From.Mailboxes.Single().ShouldBeEquivalentTo(
            new MailboxAddress(mail.Message.From.Mailboxes.Single().Encoding, $"Tenant {tenant.Slug}", "events@platform.test"));
        mail.Message.Headers["Auto-Submitted"].ShouldBe("auto-generated");
        mail.Message.MessageId.ShouldEndWith("@localhost");
        (await host.Api.QueryAsync<string>("select string_agg(payload, ' ') from outbox where org_id = $1", tenant.Id.Value)).ShouldBe("{}");
    }

    private static OutgoingMail Render(string template, string locale, Func<string, string> value) => MailRenderer.Render(
        new OutboxDelivery(
            Tenant, MessageId.New(TimeProvider.System.GetUtcNow()), "mail", "", TimeProvider.System.GetUtcNow(), 1, 1, Lapsed: false),
        new Mail(template, "a@b.test", locale, MailTemplates.Values[template].ToDictionary(name => name, value)));
}
