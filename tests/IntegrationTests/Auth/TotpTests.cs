using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>The second factor, from enrollment to its end. The clock stands still unless a test moves it.</summary>
public sealed class TotpTests(ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Role = BuiltInRoles.Organizer;

    private DateTimeOffset Now => clocked.Clock.GetUtcNow();

    [Fact]
    public async Task Until_it_is_confirmed_no_code_is_asked_for()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);

        var enrolled = (await me.PostAsync("/v1/auth/totp/enroll")).ShouldBe(HttpStatusCode.OK);

        enrolled.Secret().Length.ShouldBe(20);
        enrolled.Get<string>("uri").ShouldStartWith("otpauth://totp/Tenant%20");
        enrolled.Get<string>("uri").ShouldContain($"secret={enrolled.Get<string>("secret")}");
        (await SignInAsync(tenant)).ShouldBe(HttpStatusCode.OK);
        (await me.PostAsync("/v1/auth/totp/confirm", new { code = "000000" }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await tenant.RowsAsync("recovery_codes")).ShouldBe(0);
        (await tenant.DeedsAsync()).Where(deed => deed.StartsWith("totp", StringComparison.Ordinal)).ShouldBe(["totp.enrolled"]);
    }

    [Fact]
    public async Task Confirmed_it_is_asked_for_after_the_password_and_only_then()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var other = await SignInAsync(tenant);
        var me = await tenant.AsAsync(Role);
        var (secret, codes) = await me.EnableTotpAsync(Now);

        codes.Length.ShouldBe(10);
        codes.ShouldBeUnique();
        codes.ShouldAllBe(code => code.Length == 19 && code.Split('-').Length == 4);
        (await me.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.Anonymous.With(other.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await SignInAsync(tenant)).ShouldBeProblem(HttpStatusCode.Unauthorized, "totp_required");
        (await SignInAsync(tenant, password: "wrong-horse-battery")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SignInAsync(tenant, "000000", "wrong-horse-battery")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SignInAsync(tenant, "000000")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        (await SignInAsync(tenant, Code(secret))).ShouldBe(HttpStatusCode.OK);
        (await tenant.TemplatesToAsync(tenant.Email(Role))).ShouldBe(["totp_enabled"]);
        (await tenant.DeedsAsync()).ShouldContain("totp.confirmed");
    }

    [Fact]
    public async Task A_code_is_good_once_at_confirmation_at_sign_in_and_in_parallel()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (secret, _) = await (await tenant.AsAsync(Role)).EnableTotpAsync(Now);

        (await SignInAsync(tenant, Code(secret))).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        (await Answers.ParallelAsync(8, _ => SignInAsync(tenant, Code(secret)))).Tally().ShouldBe("1 x 200, 7 x 401 unauthenticated");
        // One from the step before the last that was used is no good either.
        (await SignInAsync(tenant, Totp.Code(secret, Totp.StepAt(Now) - 1))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_recovery_code_stands_in_once_also_in_parallel()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (_, codes) = await (await tenant.AsAsync(Role)).EnableTotpAsync(Now);

        (await Answers.ParallelAsync(6, _ => SignInAsync(tenant, codes[0]))).Tally().ShouldBe("1 x 200, 5 x 401 unauthenticated");
        (await SignInAsync(tenant, codes[1].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal))).ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(tenant, codes[1])).ShouldBe(HttpStatusCode.Unauthorized);
        (await clocked.Api.QueryAsync<long>(
            "select count(*) from recovery_codes where org_id = $1 and used_at is null", tenant.Id.Value)).ShouldBe(8);
    }

    [Fact]
    public async Task Codes_of_one_person_are_nothing_for_another()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (_, codes) = await (await tenant.AsAsync(Role)).EnableTotpAsync(Now);
        await (await tenant.AsAsync(BuiltInRoles.Viewer)).EnableTotpAsync(Now);

        (await tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password, code = codes[0] }))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task The_secret_is_not_readable_in_the_database_nor_in_the_log()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (secret, _) = await (await tenant.AsAsync(Role)).EnableTotpAsync(Now);
        var stored = await clocked.Api.QueryAsync<byte[]>(
            "select totp_secret from users where org_id = $1 and id = $2", tenant.Id.Value, tenant.User(Role).Id.Value);

        stored.Length.ShouldBe(49);
        Convert.ToHexString(stored).ShouldNotContain(Convert.ToHexString(secret));
        // Another person's row does not open it.
        await clocked.Api.ExecuteAsync(
            "update users set totp_secret = $2, totp_confirmed_at = now() where org_id = $1 and id = $3",
            tenant.Id.Value, stored, tenant.User(BuiltInRoles.Viewer).Id.Value);
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        (await tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password, code = Code(secret) }))
            .ShouldBe(HttpStatusCode.InternalServerError);
    }

    [Fact]
    public async Task Disabled_it_is_not_asked_for_and_its_codes_are_gone()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        await me.EnableTotpAsync(Now);

        (await me.PostAsync("/v1/auth/totp/disable", new { password = "wrong-horse-battery" }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await me.PostAsync("/v1/auth/totp/disable", new { password = TestHost.Password })).ShouldBe(HttpStatusCode.NoContent);

        (await SignInAsync(tenant)).ShouldBe(HttpStatusCode.OK);
        (await tenant.RowsAsync("recovery_codes")).ShouldBe(0);
        (await tenant.TemplatesToAsync(tenant.Email(Role))).ShouldBe(["totp_enabled", "totp_disabled"], ignoreOrder: true);
        (await tenant.DeedsAsync()).ShouldContain("totp.disabled");
        (await me.PostAsync("/v1/auth/totp/disable", new { password = TestHost.Password }))
            .ShouldBeProblem(HttpStatusCode.Conflict, "totp_not_enabled");
        (await me.PostAsync("/v1/auth/totp/recovery-codes")).ShouldBeProblem(HttpStatusCode.Conflict, "totp_not_enabled");
        (await me.PostAsync("/v1/auth/totp/confirm", new { code = "123456" })).ShouldBeProblem(HttpStatusCode.Conflict, "totp_not_enrolled");
    }

    [Fact]
    public async Task A_password_that_is_short_beside_the_app_keeps_the_app()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        await me.EnableTotpAsync(Now);
        (await me.PostAsync("/v1/auth/password/change", new { oldPassword = TestHost.Password, newPassword = "8 or more" }))
            .ShouldBe(HttpStatusCode.NoContent);

        (await me.PostAsync("/v1/auth/totp/disable", new { password = "8 or more" })).ShouldBeInvalid("/password", "password_too_short");

        (await me.PostAsync("/v1/auth/totp/enroll")).ShouldBeProblem(HttpStatusCode.Conflict, "totp_already_enabled");
    }

    [Fact]
    public async Task New_recovery_codes_replace_the_old_ones_also_in_parallel()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        var (_, old) = await me.EnableTotpAsync(Now);

        var made = await Answers.ParallelAsync(4, _ => me.PostAsync("/v1/auth/totp/recovery-codes"));

        made.Tally().ShouldBe("4 x 200");
        (await tenant.RowsAsync("recovery_codes")).ShouldBe(10);
        (await SignInAsync(tenant, old[0])).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.TemplatesToAsync(tenant.Email(Role))).Count(template => template == "recovery_codes_made").ShouldBe(4);
        (await tenant.DeedsAsync()).Count(deed => deed == "recovery_codes.replaced").ShouldBe(4);
    }

    [Fact]
    public async Task Of_parallel_confirmations_one_wins()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        var secret = (await me.PostAsync("/v1/auth/totp/enroll")).ShouldBe(HttpStatusCode.OK).Secret();

        (await Answers.ParallelAsync(6, _ => me.PostAsync("/v1/auth/totp/confirm", new { code = Code(secret) })))
            .Tally().ShouldBe("1 x 200, 5 x 409 totp_already_enabled");
        (await tenant.RowsAsync("recovery_codes")).ShouldBe(10);
    }

    [Theory]
    [InlineData("enroll")]
    [InlineData("disable")]
    [InlineData("recovery-codes")]
    public async Task A_proof_of_ten_minutes_ago_is_too_old_until_it_is_made_anew(string deed)
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        if (deed != "enroll") await me.EnableTotpAsync(Now);
        clocked.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        me = me.With(clocked.Api.Services.GetToken(tenant.User(Role), me.Token!, Now));
        var before = await tenant.TraceAsync();
        Task<Answer> Ask() => me.PostAsync($"/v1/auth/totp/{deed}", deed == "disable" ? new { password = TestHost.Password } : null);

        (await Ask()).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required").Get<int>("maxAge").ShouldBe(600);
        (await tenant.TraceAsync()).ShouldBe(before);
        (await me.PostAsync("/v1/auth/step-up", new { password = TestHost.Password })).ShouldBe(HttpStatusCode.NoContent);

        (await Ask()).Status.ShouldBe(deed == "disable" ? HttpStatusCode.NoContent : HttpStatusCode.OK);
        (await tenant.DeedsAsync()).ShouldContain("session.reauthenticated");
    }

    [Fact]
    public async Task One_steps_up_by_password_or_by_a_fresh_code_and_by_nothing_else()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var me = await tenant.AsAsync(Role);
        Task<Answer> StepUpAsync(object body) => me.PostAsync("/v1/auth/step-up", body);

        (await StepUpAsync(new { code = "123456" })).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await StepUpAsync(new { })).ShouldBeInvalid("/password", "not_empty");
        var (secret, codes) = await me.EnableTotpAsync(Now);
        (await StepUpAsync(new { code = Code(secret) })).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await StepUpAsync(new { password = "wrong-horse-battery" })).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await StepUpAsync(new { password = "wrong-horse-battery", code = codes[0] })).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await StepUpAsync(new { password = TestHost.Password, code = "000000" })).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");
        (await tenant.DeedsAsync()).ShouldNotContain("session.reauthenticated");

        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        (await StepUpAsync(new { code = Code(secret) })).ShouldBe(HttpStatusCode.NoContent);
        (await StepUpAsync(new { code = codes[0] })).ShouldBe(HttpStatusCode.NoContent);
        (await StepUpAsync(new { code = codes[0] })).ShouldBe(HttpStatusCode.Forbidden);
        (await StepUpAsync(new { password = TestHost.Password })).ShouldBe(HttpStatusCode.NoContent);
    }

    private string Code(byte[] secret) => Totp.Code(secret, Totp.StepAt(Now));

    private static Task<Answer> SignInAsync(TestTenant tenant, string? code = null, string password = TestHost.Password) =>
        tenant.Anonymous.PostAsync("/v1/auth/login", new { email = tenant.Email(Role), password, code });
}
