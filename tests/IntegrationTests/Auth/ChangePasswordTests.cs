using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class ChangePasswordTests(TestHost host)
{
    private const string Path = "/v1/auth/password/change";

    [Fact]
    public async Task The_new_password_holds_other_sessions_end_and_a_mail_says_so()
    {
        var tenant = await host.NewTenantAsync();
        var other = tenant.Anonymous.With((await tenant.SignedInAsync(BuiltInRoles.Viewer)).AccessToken());
        var colleague = await tenant.OrganizerAsync();
        var me = await tenant.AsAsync(BuiltInRoles.Viewer);

        (await ChangeAsync(me)).ShouldBe(HttpStatusCode.NoContent);

        (await me.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await colleague.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await other.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.SignInAsync(BuiltInRoles.Viewer, Credentials.NewPassword)).ShouldBe(HttpStatusCode.OK);
        (await tenant.DeedsAsync()).ShouldContain("password.changed");
        (await tenant.TemplatesToAsync(tenant.Email(BuiltInRoles.Viewer))).ShouldBe(["password_changed"]);
    }

    [Fact]
    public async Task A_wrong_old_password_is_refused_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var me = await tenant.AsAsync(BuiltInRoles.Viewer);
        var before = await tenant.TraceAsync();

        (await ChangeAsync(me, "wrong-horse-battery")).ShouldBeProblem(HttpStatusCode.Forbidden, "wrong_credentials");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.RowsAsync("outbox")).ShouldBe(0);
        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("fourteen chars", "password_too_short")]
    [InlineData("short", "password_too_short")]
    [InlineData("123456789123456789", "password_common")]
    [InlineData(TestHost.Password, "password_unchanged")]
    [InlineData("viewer-viewer-viewer", "password_personal")]
    public async Task A_bad_new_password_is_refused(string password, string code)
    {
        var tenant = await host.NewTenantAsync();
        var me = await tenant.AsAsync(BuiltInRoles.Viewer);
        var before = await tenant.TraceAsync();

        (await ChangeAsync(me, newPassword: password)).ShouldBeInvalid("/newPassword", code);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_parallel_changes_one_wins()
    {
        var tenant = await host.NewTenantAsync();
        var me = await tenant.AsAsync(BuiltInRoles.Viewer);

        var answers = await Answers.ParallelAsync(6, i => ChangeAsync(me, newPassword: $"{Credentials.NewPassword} {i}"));

        answers.Tally().ShouldBe("1 x 204, 5 x 403 wrong_credentials");
        (await tenant.TemplatesToAsync(tenant.Email(BuiltInRoles.Viewer))).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_password_of_128_letters_of_any_script_signs_in()
    {
        var tenant = await host.NewTenantAsync();
        var password = string.Concat(Enumerable.Repeat("\U0001F511", 128));

        (await ChangeAsync(await tenant.AsAsync(BuiltInRoles.Viewer), newPassword: password)).ShouldBe(HttpStatusCode.NoContent);

        (await tenant.SignInAsync(BuiltInRoles.Viewer, password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_operator_who_acts_as_somebody_changes_no_password_and_proves_nothing()
    {
        var tenant = await host.NewTenantAsync();
        var token = await host.Api.TokenAsync(tenant.User(BuiltInRoles.Viewer));
        await host.Api.ExecuteAsync(
            "update sessions set impersonator_id = gen_random_uuid() where org_id = $1 and id = $2",
            tenant.Id.Value, AuthSteps.SessionOf(token));
        var client = tenant.Anonymous.With(token);

        (await ChangeAsync(client)).ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");
        (await client.PostAsync("/v1/auth/step-up", new { password = TestHost.Password }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");
        (await client.PostAsync("/v1/auth/totp/enroll")).ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");
        (await client.PostAsync("/v1/auth/totp/confirm", new { code = "123456" }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "person_required");
    }

    private static Task<Answer> ChangeAsync(
        ApiClient me, string oldPassword = TestHost.Password, string newPassword = Credentials.NewPassword) =>
        me.PostAsync(Path, new { oldPassword, newPassword });
}
