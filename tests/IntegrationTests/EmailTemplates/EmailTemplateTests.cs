using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.EmailTemplates;

/// <summary>A tenant's own words of its mails; who may is CommandPolicyTests' affair.</summary>
public sealed class EmailTemplateTests(TestHost host)
{
    private const string Path = "/v1/email-templates/invitation", Preview = $"{Path}/preview";

    [Fact]
    public async Task They_are_ours_until_they_are_replaced_and_ours_again_when_they_are_deleted()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var ours = (await owner.GetAsync($"{Path}?locale=en")).ShouldBe(HttpStatusCode.OK);
        (ours.ETag, ours.Get<bool>("customized"), ours.Get<string>("subject")).ShouldBe(("\"0\"", false, "{{ inviter }} invites you to {{ tenant }}"));
        ours.Body!["variables"]!.AsArray().Select(name => name!.GetValue<string>()).ShouldBe(["link", "inviter", "days", "tenant", "at"]);

        var own = (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate())).ShouldBe(HttpStatusCode.OK);

        (own.ETag, own.Get<bool>("customized"), own.Get<string>("subject")).ShouldBe(("\"1\"", true, "Come to {{ tenant }}"));
        (await owner.GetAsync($"{Path}?locale=en")).Comparable.ShouldBe(own.Comparable);
        (await owner.GetAsync("/v1/email-templates")).Data().Select(t => $"{t["key"]} {t["locale"]} {t["version"]} {t["customized"]}")
            .ShouldBe(["invitation en 1 true", "invitation ko 0 false"]);
        (await owner.GetAsync(Path)).Get<string>("locale").ShouldBe("ko", "the tenant's");
        (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate("Again"))).ShouldBeProblem(HttpStatusCode.PreconditionRequired, "precondition_required");
        (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate("Again"), "\"0\"")).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate("Again"), "\"1\"")).ShouldBe(HttpStatusCode.OK).ETag.ShouldBe("\"2\"");
        (await owner.DeleteAsync($"{Path}?locale=en", "\"2\"")).ShouldBe(HttpStatusCode.NoContent);
        (await owner.GetAsync($"{Path}?locale=en")).Comparable.ShouldBe(ours.Comparable);
        (await owner.DeleteAsync($"{Path}?locale=en", "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Many_who_replace_ours_at_once_are_one()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await Answers.ParallelAsync(8, n => owner.PutAsync(Path, Sample.EmailTemplate($"Come {n}"), "\"0\""))).Tally()
            .ShouldBe("1 x 200, 7 x 412 precondition_failed");

        (await tenant.RowsAsync("email_templates")).ShouldBe(1);
    }

    [Fact]
    public async Task Mails_that_keep_an_account_safe_and_unknown_ones_are_not_found()
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();
        foreach (var key in MailTemplates.Values.Keys.Except(MailTemplates.Changeable.Keys).Append("nothing"))
        {
            (await owner.GetAsync($"/v1/email-templates/{key}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await owner.PutAsync($"/v1/email-templates/{key}", Sample.EmailTemplate())).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await owner.DeleteAsync($"/v1/email-templates/{key}", "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await owner.PostAsync($"/v1/email-templates/{key}/preview", new { })).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        }
    }

    public static TheoryData<string, string, string> Unfit => new()
    {
        { "{{ tenant", "/body", "liquid_syntax" },
        { "{% if tenant %}{{ link }}", "/body", "liquid_syntax" },
        { "{{ link }}{% for n in (1..9) %}x{% endfor %}", "/body", "liquid_syntax" },
        { "{{ link }}{% assign x = tenant %}", "/body", "liquid_syntax" },
        { "{{ link }}{% capture x %}x{% endcapture %}", "/body", "liquid_syntax" },
        { "{{ link }}{% include 'x' %}{% render 'x' %}", "/body", "liquid_syntax" },
        { "{{ link }}{% raw %}{{ secret }}{% endraw %}", "/body", "liquid_syntax" },
        { "{{ link }}{% liquid echo tenant %}", "/body", "liquid_syntax" },
        { "{{ link }}{{ password }}", "/body", "unknown_variable" },
        { "{{ link }}{{ tenant.id }}", "/body", "unknown_variable" },
        { "{{ link }}{{ tenant[days] }}", "/body", "unknown_variable" },
        { "{{ link }}{% if password %}x{% endif %}", "/body", "unknown_variable" },
        { "{{ link }}{% if tenant %}x{% elsif password %}y{% endif %}", "/body", "unknown_variable" },
        { "{{ link }}{% if tenant == password %}x{% endif %}", "/body", "unknown_variable" },
        { "{{ link }}{% if tenant and days and password %}x{% endif %}", "/body", "unknown_variable" },
        { "{{ link }}{% unless password %}x{% endunless %}", "/body", "unknown_variable" },
        { "{{ link }}{% if days %}{% unless tenant %}{{ password }}{% endunless %}{% else %}x{% endif %}", "/body", "unknown_variable" },
        { "{{ link }}{% case password %}{% when 'x' %}x{% endcase %}", "/body", "unknown_variable" },
        { "{{ link }}{% case tenant %}{% when password %}x{% endcase %}", "/body", "unknown_variable" },
        { "{{ link }}{% case tenant %}{% when 'x' %}x{% else %}{{ password }}{% endcase %}", "/body", "unknown_variable" },
        { "{{ link }}{{ tenant | default: password }}", "/body", "unknown_variable" },
        { "{{ link }}{{ tenant | replace: 'a', 'b' }}", "/body", "unknown_filter" },
        { "{{ link }}{{ tenant | append: tenant }}", "/body", "unknown_filter" },
        { "{{ link }}{{ tenant | raw }}", "/body", "unknown_filter" },
        { "No link at all.", "/body", "missing_variable" },
        { "{{ link | upcase }}", "/body", "missing_variable" },
        { "{% if tenant == 'nobody' %}{{ link }}{% endif %}", "/body", "missing_variable" },
        { "a\u0001{{ link }}", "/body", "control_character" },
        { new string('x', 20_001), "/body", "maximum_length" },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task Words_that_cannot_be_sent_are_refused_and_leave_no_trace(string body, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        (await owner.PutAsync(Path, Sample.EmailTemplate(body: body))).ShouldBeInvalid(pointer, code);
        (await owner.PostAsync(Preview, new { body })).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("", "not_empty")]
    [InlineData("a\nb", "line_break")]
    [InlineData("{{ nobody }}", "unknown_variable")]
    [InlineData("{{", "liquid_syntax")]
    public async Task A_subject_that_is_none_is_refused(string subject, string code)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.PutAsync(Path, Sample.EmailTemplate(subject))).ShouldBeInvalid("/subject", code);
        (await owner.GetAsync($"{Path}?locale=fr")).ShouldBeInvalid("?locale", "unknown_locale");
    }

    /// <summary>The parser calls itself for each level: unlooked-at, each of these would end the process.</summary>
    public static TheoryData<string, string> Deep => new()
    {
        { string.Concat(Enumerable.Repeat("{%if days%}", 1_200)) + string.Concat(Enumerable.Repeat("{%endif%}", 500)), "liquid_too_complex" },
        { string.Concat(Enumerable.Repeat("{{'{%endif%}'}}{%if days%}", 700)), "liquid_too_complex" },
        { "{{ " + string.Concat(Enumerable.Repeat("a[", 9_000)) + " }}", "liquid_syntax" },
        { "{% if " + string.Concat(Enumerable.Repeat("days and ", 2_000)) + "days %}x{% endif %}", "liquid_syntax" },
        { "{{ days" + string.Concat(Enumerable.Repeat("|upcase", 2_500)) + " }}", "liquid_syntax" },
        { string.Concat(Enumerable.Repeat("{{{%if days%}", 1_400)), "liquid_too_complex" },
        { "{{ \"" + string.Concat(Enumerable.Repeat("\\\"%}{%if days%}", 1_200)), "liquid_too_complex" },
    };

    [Theory]
    [MemberData(nameof(Deep))]
    public async Task What_nests_deep_is_refused_before_it_is_parsed(string body, string code)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        var answer = await owner.PutAsync(Path, Sample.EmailTemplate(body: body));

        answer.ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Text.ShouldContain($"\"{code}\"");
    }

    [Fact]
    public async Task What_makes_too_much_of_what_it_is_given_is_refused()
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.PutAsync(Path, Sample.EmailTemplate(body: string.Concat(Enumerable.Repeat("{{link}}", 2_400)))))
            .ShouldBeInvalid("/body", "liquid_too_complex");
    }

    [Fact]
    public async Task A_preview_shows_what_is_tried_and_what_is_there_and_keeps_nothing()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate())).ShouldBe(HttpStatusCode.OK);
        var before = await tenant.TraceAsync();

        var now = (await owner.PostAsync($"{Preview}?locale=en", new { })).ShouldBe(HttpStatusCode.OK);
        var tried = (await owner.PostAsync($"{Preview}?locale=en", new { body = "<script>alert('{{ tenant }}')</script>\r\n\r\n{{ link }}\n\n안녕 & bye" })).ShouldBe(HttpStatusCode.OK);

        now.Get<string>("subject").ShouldBe($"Come to Tenant {tenant.Slug}");
        now.Get<string>("html").ShouldContain("<a href=\"https://");
        tried.Get<string>("subject").ShouldBe($"Come to Tenant {tenant.Slug}");
        tried.Get<string>("text").ShouldStartWith($"<script>alert('Tenant {tenant.Slug}')</script>\n\nhttps://");
        tried.Get<string>("html").ShouldNotContain("<script");
        tried.Get<string>("html").ShouldContain($"<p>&lt;script&gt;alert(&#x27;Tenant {tenant.Slug}&#x27;)&lt;/script&gt;</p>\n<p><a href=");
        tried.Get<string>("html").ShouldContain("<p>안녕 &amp; bye</p>");
        (await tenant.TraceAsync()).ShouldBe(before);
        (await owner.PostAsync(Preview, new { })).Get<string>("text").ShouldContain("초대");
    }

    [Fact]
    public async Task Its_conditions_see_the_values()
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();
        const string Body = "{% if days == '7' and inviter contains 'Kim' %}A{% endif %}{% unless tenant %}B{% endunless %}"
            + "{% case days %}{% when '7' %}C{% else %}D{% endcase %}{{ inviter | upcase | default: '?' }} {{- ' ' }}{{ link }}";

        (await owner.PostAsync(Preview, new { body = Body })).Get<string>("text").ShouldStartWith("ACKIM MINJI https://");
    }

    [Fact]
    public async Task A_plan_without_the_feature_neither_reads_nor_writes_them()
    {
        var owner = await (await host.NewTenantAsync(Tier.Free)).OwnerAsync();

        foreach (var answer in new[]
        {
            await owner.GetAsync("/v1/email-templates"), await owner.GetAsync(Path), await owner.PostAsync(Preview, new { }),
            await owner.PutAsync(Path, Sample.EmailTemplate()), await owner.DeleteAsync(Path, "*"),
        })
            answer.ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan").Get<string>("requiredPlan").ShouldBe("starter");
    }

    [Fact]
    public async Task An_invitation_goes_out_in_the_tenants_words_of_its_language()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (owner, stranger) = (await tenant.OwnerAsync(), await other.OwnerAsync());
        (await owner.PutAsync($"{Path}?locale=en", Sample.EmailTemplate("Not this"))).ShouldBe(HttpStatusCode.OK);
        (await owner.PutAsync(Path, Sample.EmailTemplate("{{ inviter }} / {{ tenant }}", "Hi <b>there</b>\n\n{{ link }}"))).ShouldBe(HttpStatusCode.OK);

        var own = await InviteAsync(tenant, owner);
        var theirs = await InviteAsync(other, stranger);

        own.Subject.ShouldBe($"owner / Tenant {tenant.Slug}");
        own.Text.ReplaceLineEndings("\n").ShouldStartWith("Hi <b>there</b>\n\nhttps://");
        own.Html.ShouldContain("Hi &lt;b&gt;there&lt;/b&gt;");
        (own.Link.Host, own.Token.Length).ShouldBe((tenant.Host, 43));
        theirs.Subject.ShouldContain("초대했습니다");
    }

    [Fact]
    public async Task Words_that_can_no_longer_be_used_and_a_plan_without_the_feature_send_ours()
    {
        var (broken, poor) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        foreach (var (tenant, body) in new[] { (broken, "{% for x in y %}"), (poor, "{{ link }}") })
            await host.Api.ExecuteAsync(
                """
                insert into email_templates (org_id, id, key, locale, subject, body, version, created_at, updated_at)
                values ($1, gen_random_uuid(), 'invitation', 'ko', 'Own', $2, 1, now(), now())
                """,
                tenant.Id.Value, body);
        (await (await host.Api.OperatorAsync()).PutAsync(
            $"/v1/platform/tenants/{poor.Id}/overrides/emailTemplates", new { enabled = false, reason = "Ticket 1" })).ShouldBe(HttpStatusCode.OK);

        (await InviteAsync(broken, await broken.OwnerAsync())).Subject.ShouldContain("초대했습니다");
        (await InviteAsync(poor, await poor.OwnerAsync())).Subject.ShouldContain("초대했습니다");
    }

    [Fact]
    public async Task What_changed_stands_in_the_log()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.PutAsync(Path, Sample.EmailTemplate())).ShouldBe(HttpStatusCode.OK);
        (await owner.DeleteAsync(Path, "\"1\"")).ShouldBe(HttpStatusCode.NoContent);

        (await tenant.DeedsAsync()).ShouldBe(["email_template.replaced", "email_template.deleted"]);
        var lines = (await owner.GetAsync("/v1/audit?table=email_templates")).Data();
        lines.Count.ShouldBe(2);
        lines[1]["changes"]!.ToJsonString().ShouldContain("Come to {{ tenant }}");
    }

    private static async Task<ReceivedMail> InviteAsync(TestTenant tenant, ApiClient owner)
    {
        var email = $"jisoo@{tenant.Slug}.test";
        (await owner.PostAsync("/v1/invitations", Sample.Invitation(email))).ShouldBe(HttpStatusCode.Created);
        return (await tenant.MailsAsync(email)).ShouldHaveSingleItem();
    }
}
