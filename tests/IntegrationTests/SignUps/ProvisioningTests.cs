using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Infrastructure;
using CleanTenancy.Infrastructure.Provisioning;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.SignUps;

/// <summary>What is set up for a new tenant, and what becomes of it when that fails.</summary>
public sealed class ProvisioningTests(TestHost host, SignUpClock clocked) : IClassFixture<SignUpClock>
{
    [Fact]
    public async Task Everything_is_set_up_once_however_often_it_is_done()
    {
        var visitor = await (await new Visitor(host.Api).SignUpAsync("starter")).ProvisionAsync();
        await visitor.ShouldBeSetUpAsync();

        // The message once more, as after a lease that ran out.
        await host.Api.ExecuteAsync("update outbox set done_at = null where org_id = $1 and kind = 'provision'", visitor.Id.Value);
        await visitor.ProvisionAsync();

        await visitor.ShouldBeSetUpAsync();
        visitor.Mails.ShouldHaveSingleItem();
        (await visitor.StateAsync()).ShouldBe("provisioning");
    }

    [Fact]
    public async Task Side_by_side_it_is_done_once()
    {
        var visitor = await new Visitor(host.Api).SignUpAsync();
        await using var other = await host.StartApiAsync(host.Api.Database);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(number =>
            (number % 2 == 0 ? host.Api : other).SweepAsync(new DispatchOutbox { OrgId = visitor.Id })));
        await visitor.ProvisionAsync();

        await visitor.ShouldBeSetUpAsync();
        visitor.Mails.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("ko", "컨퍼런스", "밋업", "활성화하세요", "7일 동안")]
    [InlineData("en", "Conferences", "Meetup", "Activate", "good for 7 days")]
    [InlineData("fr-FR", "Conferences", "Meetup", "Activate", "good for 7 days")]
    public async Task What_the_tenant_finds_and_the_mail_are_in_its_language(
        string locale, string category, string template, string subject, string text)
    {
        var visitor = await (await new Visitor(host.Api).SignUpAsync(locale: locale)).ProvisionAsync();

        var mail = visitor.Mails.ShouldHaveSingleItem();
        mail.Subject.ShouldContain(subject);
        mail.Text.ShouldContain(text);
        mail.Text.ShouldContain(visitor.Host);
        (mail.Link.Scheme, mail.Link.Host, mail.Link.AbsolutePath).ShouldBe(("https", "localhost", "/activate"));
        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', min(c.name), min(t.name), count(distinct t.category_id)) from event_categories c, event_templates t where c.org_id = $1 and t.org_id = $1 and c.name = $2",
            visitor.Id.Value, category)).ShouldBe($"{category} {template} 1");
        (await host.Api.QueryAsync<string>("select min(locale) from email_templates where org_id = $1", visitor.Id.Value))
            .ShouldBe(locale == "ko" ? "ko" : "en");
    }

    [Fact]
    public async Task The_payment_account_is_skipped_and_says_why()
    {
        var visitor = await (await new Visitor(host.Api).SignUpAsync("pro")).ProvisionAsync();

        var step = (await visitor.StatusAsync()).Body!["steps"]!.AsArray().Single(s => s!["task"]!.GetValue<string>() == "payment_account")!;
        (step["status"]!.GetValue<string>(), step["reason"]!.GetValue<string>()).ShouldBe(("skipped", "payments are not connected yet"));
    }

    [Fact]
    public async Task The_token_is_in_the_mail_and_nowhere_else()
    {
        var visitor = await (await new Visitor(host.Api).SignUpAsync()).ProvisionAsync();

        (await host.Api.QueryAsync<long>(
            """
            select count(*) from (
              select s::text as line from sign_ups s where org_id = $1 union all
              select o::text from outbox o where org_id = $1 union all
              select a::text from audit_logs a where org_id = $1) l
            where position($2 in line) > 0
            """, visitor.Id.Value, visitor.Token)).ShouldBe(0);
    }

    [Fact]
    public async Task The_host_answers_at_once_that_it_is_being_set_up_on_every_instance()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var visitor = await new Visitor(host.Api).SignUpAsync();
        foreach (var api in new[] { host.Api, other })
            (await api.Client(visitor.Host).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");

        await visitor.ProvisionAsync();

        (await host.Api.Client(visitor.Host).GetAsync("/v1/bootstrap")).Status.ShouldNotBe(HttpStatusCode.InternalServerError);
        (await visitor.SignInAsync()).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "tenant_provisioning")
            .Headers.RetryAfter.ShouldNotBeNull();
        // Well within the five seconds for which an unknown host stays unknown.
        await Eventually.HoldsAsync(
            async () => (await other.Client(visitor.Host).PostAsync(
                "/v1/auth/login", new { email = visitor.Email, password = Visitor.Password })).Code == "tenant_provisioning",
            TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task The_status_shows_no_person_and_unknown_ones_look_like_any_other()
    {
        var visitor = await (await new Visitor(host.Api).SignUpAsync()).ProvisionAsync();
        var seeded = await host.NewTenantAsync();

        (await visitor.StatusAsync()).Text.ShouldNotContain("Kim");
        (await visitor.StatusAsync()).Text.ShouldNotContain(visitor.Slug);
        var unknown = (await host.Api.Platform.GetAsync($"/v1/signup/{Answers.RandomId()}/status"))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var id in new[] { seeded.Id.Value, new Guid("00000000-0000-7000-8000-0000000ca00a") })
            (await host.Api.Platform.GetAsync($"/v1/signup/{id}/status")).Comparable.ShouldBe(unknown.Comparable);
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_goes_on_where_it_was()
    {
        var visitor = await BrokenAsync();
        (await visitor.StepsAsync()).ShouldBe("owner done, content done, payment_account skipped, route pending, welcome pending, audit pending");
        var status = (await visitor.StatusAsync()).Text;
        status.ShouldContain("failed, and is tried again");
        status.ShouldNotContain("Exception");

        await clocked.Api.ExecuteAsync("update tenant_slugs set quarantined_until = null where slug = $1", visitor.Slug);
        clocked.Clock.Advance(TimeSpan.FromSeconds(7));
        await visitor.ProvisionAsync();

        await visitor.ShouldBeSetUpAsync();
        visitor.Mails.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_fails_too_often_is_undone_within_ten_minutes_and_its_name_is_free()
    {
        var visitor = await BrokenAsync();
        var started = clocked.Clock.GetUtcNow();

        while (await visitor.StateAsync() == "provisioning")
        {
            clocked.Clock.Advance(TimeSpan.FromSeconds(5));
            await visitor.ProvisionAsync();
            (clocked.Clock.GetUtcNow() - started).ShouldBeLessThan(TimeSpan.FromMinutes(10));
        }

        await visitor.ShouldBeUndoneAsync();
        (await visitor.StatusAsync()).Get<string>("state").ShouldBe("provisioning_failed");
        (await visitor.StepsAsync()).ShouldBe(string.Join(", ", Tasks.Select(task => $"{task} undone")));
        (await clocked.Api.QueryAsync<int>(
            "select attempts from provisioning_steps where org_id = $1 and task = 'route'", visitor.Id.Value)).ShouldBe(Provisioner.MaxAttempts);
        (await clocked.Api.QueryAsync<bool>("select finished_at is not null from purges where tenant_id = $1 and kind = 'compensation'", visitor.Id.Value))
            .ShouldBeTrue();
        visitor.Mails.ShouldBeEmpty();

        var next = new Visitor(clocked.Api);
        (await next.AskAsync(next.Body().With($$"""{"slug":"{{visitor.Slug}}"}"""))).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task What_kills_its_process_again_and_again_is_undone_by_the_sweep()
    {
        var visitor = await BrokenAsync();
        await clocked.Api.ExecuteAsync(
            "update outbox set dead_at = $2 where org_id = $1 and kind = 'provision'", visitor.Id.Value, clocked.Clock.GetUtcNow().UtcDateTime);

        (await clocked.Api.SweepAsync(new ExpireSignUps())).Count.ShouldBeGreaterThanOrEqualTo(1);

        await visitor.ShouldBeUndoneAsync();
    }

    [Fact]
    public async Task A_message_that_comes_late_and_fails_undoes_nothing_of_a_tenant_that_lives()
    {
        var stumbling = new Stumbling();
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Services = services => services.AddSingleton<IFailPoints>(stumbling));
        var visitor = await (await new Visitor(api).SignUpAsync()).ProvisionAsync();
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);
        await api.ExecuteAsync(
            "update outbox set done_at = null, attempts = $2 where org_id = $1 and kind = 'provision'",
            visitor.Id.Value, Provisioner.MaxAttempts - 1);

        stumbling.At = "provision.Route.before";
        await visitor.ProvisionAsync();

        (await api.QueryAsync<string>("select last_error from outbox where org_id = $1 and kind = 'provision'", visitor.Id.Value))
            .ShouldStartWith("The step Route failed");
        await visitor.ShouldBeSetUpAsync();
        await visitor.OwnerAsync();
    }

    /// <summary>Fails at one place, and lets everybody pass everywhere else.</summary>
    private sealed class Stumbling : IFailPoints
    {
        public string? At { get; set; }

        public void Pass(string name)
        {
            if (name == At) throw new InvalidOperationException("It stumbles.");
        }
    }

    /// <summary>A sign-up whose host cannot be routed, after the first attempt.</summary>
    private async Task<Visitor> BrokenAsync()
    {
        var visitor = await new Visitor(clocked.Api).SignUpAsync("starter");
        await clocked.Api.ExecuteAsync("update tenant_slugs set quarantined_until = now() where slug = $1", visitor.Slug);
        return await visitor.ProvisionAsync();
    }

    private static readonly string[] Tasks = ["owner", "content", "payment_account", "route", "welcome", "audit"];
}
