using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class ResetPasswordTests(TestHost host)
{
    private const string Forgot = "/v1/auth/password/forgot", Reset = "/v1/auth/password/reset";

    [Fact]
    public async Task Known_and_unknown_addresses_are_answered_alike_and_only_the_known_gets_a_mail()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        await host.Api.ExecuteAsync(
            "update users set status = 'suspended' where org_id = $1 and id = $2", tenant.Id.Value, tenant.User(BuiltInRoles.Staff).Id.Value);

        var known = await ForgotAsync(tenant, tenant.Email(BuiltInRoles.Viewer).ToUpperInvariant());
        foreach (var email in new[] { "nobody@example.test", "no address at all", other.Email(BuiltInRoles.Viewer), tenant.Email(BuiltInRoles.Staff) })
        {
            var unknown = await ForgotAsync(tenant, email);
            (unknown.Status, unknown.Text).ShouldBe((known.Status, known.Text));
            unknown.Headers.Select(h => h.Key).ShouldBe(known.Headers.Select(h => h.Key));
        }

        known.ShouldBe(HttpStatusCode.NoContent);
        (await tenant.RowsAsync("outbox")).ShouldBe(1);
        (await tenant.RowsAsync("one_time_tokens")).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["password_reset.requested"]);
        (await other.RowsAsync("outbox")).ShouldBe(0);
    }

    [Fact]
    public async Task The_link_comes_from_the_tenants_host_whatever_the_request_says()
    {
        var tenant = await host.NewTenantAsync();
        var email = tenant.Email(BuiltInRoles.Viewer);

        (await tenant.Anonymous.PostAsync(
            Forgot, new { email }, ("X-Forwarded-Host", "evil.test"), ("X-Original-Host", "evil.test"), ("Forwarded", "host=evil.test")))
            .ShouldBe(HttpStatusCode.NoContent);

        (await tenant.ResetTokenAsync(email)).Length.ShouldBe(43);
        var stored = await host.Api.QueryAsync<byte[]>("select hash from one_time_tokens where org_id = $1", tenant.Id.Value);
        stored.Length.ShouldBe(32);
    }

    [Fact]
    public async Task The_token_sets_a_password_once_and_ends_all_sessions()
    {
        var tenant = await host.NewTenantAsync();
        var email = tenant.Email(BuiltInRoles.Viewer);
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var token = await TokenAsync(tenant, email);

        (await ResetAsync(tenant, token)).ShouldBe(HttpStatusCode.NoContent);

        (await tenant.Anonymous.With(signedIn.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Anonymous.RefreshAsync(signedIn.RefreshToken())).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.SignInAsync(BuiltInRoles.Viewer, Credentials.NewPassword)).ShouldBe(HttpStatusCode.OK);
        (await tenant.DeedsAsync()).ShouldContain("password_reset.completed");
        (await tenant.TemplatesToAsync(email)).ShouldBe(["password_reset", "password_changed"]);
        (await ResetAsync(tenant, token)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
    }

    [Fact]
    public async Task Used_expired_replaced_foreign_and_unknown_tokens_are_refused_alike_and_leave_no_trace()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var used = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Viewer));
        (await ResetAsync(tenant, used)).ShouldBe(HttpStatusCode.NoContent);
        var expired = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Staff));
        await host.Api.ExecuteAsync("update one_time_tokens set expires_at = now() where org_id = $1", tenant.Id.Value);
        var replaced = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Organizer));
        await TokenAsync(tenant, tenant.Email(BuiltInRoles.Organizer));
        var voided = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Admin));
        (await (await tenant.AsAsync(BuiltInRoles.Admin)).PostAsync(
            "/v1/auth/password/change", new { oldPassword = TestHost.Password, newPassword = "still another sentence" }))
            .ShouldBe(HttpStatusCode.NoContent);
        var foreign = await TokenAsync(other, other.Email(BuiltInRoles.Viewer));
        var before = await tenant.TraceAsync();

        var answers = new List<Answer>();
        foreach (var token in new[] { used, expired, replaced, voided, foreign, new string('A', 43), "no token", used + "A" })
            answers.Add(await ResetAsync(tenant, token));

        answers.Tally().ShouldBe("8 x 400 invalid_token");
        answers.ShouldAllBe(a => a.Indistinct() == answers[0].Indistinct());
        (await tenant.TraceAsync()).ShouldBe(before);
        (await other.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_bad_password_does_not_use_the_token_up()
    {
        var tenant = await host.NewTenantAsync();
        var token = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Viewer));

        (await ResetAsync(tenant, token, "fourteen chars")).ShouldBeInvalid("/newPassword", "password_too_short");
        (await ResetAsync(tenant, token, $"{tenant.Slug}-{tenant.Slug}-{tenant.Slug}")).ShouldBeInvalid("/newPassword", "password_personal");

        (await ResetAsync(tenant, token)).ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Of_parallel_uses_of_one_token_one_wins()
    {
        var tenant = await host.NewTenantAsync();
        var token = await TokenAsync(tenant, tenant.Email(BuiltInRoles.Viewer));

        var answers = await Answers.ParallelAsync(8, i => ResetAsync(tenant, token, $"{Credentials.NewPassword} {i}"));

        answers.Tally().ShouldBe("1 x 204, 7 x 400 invalid_token");
        (await tenant.DeedsAsync()).Count(deed => deed == "password_reset.completed").ShouldBe(1);
    }

    [Fact]
    public async Task Of_links_asked_for_at_once_the_newest_alone_is_good()
    {
        var tenant = await host.NewTenantAsync();
        var email = tenant.Email(BuiltInRoles.Viewer);
        await Answers.ParallelAsync(6, _ => ForgotAsync(tenant, email));
        var tokens = (await tenant.MailsToAsync(email)).Select(mail => mail["values"]!["link"]!.GetValue<string>()[^43..]).ToList();

        var answers = new List<Answer>();
        foreach (var token in tokens) answers.Add(await ResetAsync(tenant, token));

        tokens.Count.ShouldBe(6);
        answers.Count(a => a.Status == HttpStatusCode.NoContent).ShouldBe(1);
    }

    private static Task<Answer> ForgotAsync(TestTenant tenant, string email) =>
        tenant.Anonymous.PostAsync(Forgot, new { email });

    private static async Task<string> TokenAsync(TestTenant tenant, string email)
    {
        (await ForgotAsync(tenant, email)).ShouldBe(HttpStatusCode.NoContent);
        return await tenant.ResetTokenAsync(email);
    }

    private static Task<Answer> ResetAsync(TestTenant tenant, string token, string newPassword = Credentials.NewPassword) =>
        tenant.Anonymous.PostAsync(Reset, new { token, newPassword });
}
