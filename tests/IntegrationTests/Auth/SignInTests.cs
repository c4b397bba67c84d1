using System.Net;
using System.Security.Cryptography;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.WebUtilities;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class SignInTests(TestHost host)
{
    [Fact]
    public async Task A_member_gets_a_pair_of_tokens_and_sees_who_they_are()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = tenant.User(BuiltInRoles.Organizer);

        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Organizer);

        signedIn.Body!.AsObject().Select(member => member.Key)
            .ShouldBe(["accessToken", "tokenType", "expiresIn", "refreshToken", "user"]);
        (signedIn.Get<string>("tokenType"), signedIn.Get<int>("expiresIn")).ShouldBe(("Bearer", 600));
        signedIn.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var user = signedIn.Body!["user"]!.AsObject();
        user.Select(member => member.Key).ShouldBe(["id", "email", "name", "roles", "permissions"]);
        (user["id"]!.GetValue<Guid>(), user["email"]!.GetValue<string>(), user["name"]!.GetValue<string>())
            .ShouldBe((organizer.Id.Value, organizer.Email, organizer.Name));
        user["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe([BuiltInRoles.Organizer]);
        user["permissions"]!.AsArray().Select(permission => permission!.GetValue<string>())
            .ShouldBe(BuiltInRoles.All[BuiltInRoles.Organizer].Order(StringComparer.Ordinal));
        (await tenant.Anonymous.With(signedIn.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_access_token_names_person_session_and_tenant_and_no_permission()
    {
        var tenant = await host.NewTenantAsync();
        var token = (await tenant.SignedInAsync(BuiltInRoles.Viewer)).AccessToken();

        var (header, claims) = (AuthSteps.Part(token, 0), AuthSteps.Part(token, 1));

        (header["alg"]!.GetValue<string>(), header["typ"]!.GetValue<string>()).ShouldBe(("ES256", "at+jwt"));
        header["kid"].ShouldNotBeNull();
        claims.Select(claim => claim.Key).Order(StringComparer.Ordinal).ShouldBe(["aud", "exp", "iat", "iss", "nbf", "ov", "sid", "sub", "sv"]);
        claims["iss"]!.GetValue<string>().ShouldBe("cleantenancy");
        claims["aud"]!.GetValue<string>().ShouldBe(tenant.Id.ToString());
        claims["sub"]!.GetValue<string>().ShouldBe(tenant.User(BuiltInRoles.Viewer).Id.ToString());
        (claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()).ShouldBe(600);
    }

    [Fact]
    public async Task It_leaves_a_session_a_hashed_refresh_token_a_date_and_an_audit_row()
    {
        var tenant = await host.NewTenantAsync();
        var user = tenant.User(BuiltInRoles.Staff).Id.Value;

        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Staff);

        var session = AuthSteps.SessionOf(signedIn.AccessToken());
        (await host.Api.QueryAsync<string>(
            "select concat_ws('/', user_id, client_address, revoked_at, expires_at - created_at) from sessions where org_id = $1 and id = $2",
            tenant.Id.Value, session)).ShouldBe($"{user}/127.0.0.1/30 days");
        (await host.Api.QueryAsync<string>(
            "select concat_ws('/', session_id, used_at, expires_at - issued_at) from refresh_tokens where org_id = $1 and hash = $2",
            tenant.Id.Value, SHA256.HashData(WebEncoders.Base64UrlDecode(signedIn.RefreshToken())))).ShouldBe($"{session}/7 days");
        (await host.Api.QueryAsync<bool>(
            "select last_sign_in_at between now() - interval '1 minute' and now() from users where org_id = $1 and id = $2",
            tenant.Id.Value, user)).ShouldBeTrue();
        (await host.Api.QueryAsync<string>(
            "select string_agg(concat_ws('/', action, row_id, actor_kind, actor_id, address), ' ') from audit_logs where org_id = $1 and table_name is null",
            tenant.Id.Value)).ShouldBe($"session.started/{session}/user/{user}/127.0.0.1");
    }

    [Fact]
    public async Task Every_reason_for_a_refusal_looks_the_same_and_leaves_no_trace()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        await host.Api.ExecuteAsync(
            "update users set status = 'suspended' where org_id = $1 and id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Staff).Id.Value);
        var before = await tenant.TraceAsync();

        Answer[] refused =
        [
            await tenant.Anonymous.SignInAsync($"nobody@{tenant.Slug}.test"),
            await tenant.SignInAsync(BuiltInRoles.Viewer, "wrong-horse-battery"),
            await tenant.Anonymous.SignInAsync(other.Email(BuiltInRoles.Viewer)),
            await tenant.SignInAsync(BuiltInRoles.Staff),
            await tenant.Anonymous.SignInAsync("no address at all"),
        ];

        foreach (var answer in refused)
        {
            answer.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
            answer.Indistinct().ShouldBe(refused[0].Indistinct());
        }

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.RowsAsync("refresh_tokens")).ShouldBe(0);
        (await host.Api.QueryAsync<long>(
            "select count(last_sign_in_at) from users where org_id = $1", tenant.Id.Value)).ShouldBe(0);
    }

    [Theory]
    [InlineData("{}", "/email", "not_empty")]
    [InlineData("""{"email":"","password":"x"}""", "/email", "not_empty")]
    [InlineData("""{"email":"a@b.test"}""", "/password", "not_empty")]
    [InlineData("""{"email":null,"password":"x"}""", "/email", "invalid_value")]
    [InlineData("""{"email":1,"password":"x"}""", "/email", "invalid_value")]
    [InlineData("""{"email":["a@b.test"],"password":"x"}""", "/email", "invalid_value")]
    [InlineData("""{"email":"a@b.test","password":"x","tenantId":"acme"}""", "/tenantId", "unknown_member")]
    [InlineData("""{"email":"a@b.test","password":"x","password":"y"}""", "", "duplicate_member")]
    public async Task A_body_that_does_not_fit_is_refused_with_a_pointer(string body, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();

        var refused = (await tenant.Anonymous.PostTextAsync("/v1/auth/login", body))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");

        var error = refused.Body!["errors"]!.AsArray().First(e => e!["code"]!.GetValue<string>() == code)!;
        if (code != "duplicate_member") error["pointer"]!.GetValue<string>().ShouldBe(pointer);
        error["message"]!.GetValue<string>().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_is_longer_than_an_address_or_a_password_is_refused_before_it_is_hashed()
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.Anonymous.SignInAsync(new string('a', 250) + "@b.test"))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("/email");
        (await tenant.SignInAsync(BuiltInRoles.Viewer, new string('p', 129)))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("/password");
    }

    [Fact]
    public async Task An_address_is_the_same_in_other_letters()
    {
        var tenant = await host.NewTenantAsync();
        var email = tenant.Email(BuiltInRoles.Viewer);
        var wide = string.Concat(email.Select(c => char.IsAsciiLetterLower(c) ? (char)(c - 'a' + 'ａ') : c));

        foreach (var written in new[] { email.ToUpperInvariant(), $"  {email} ", wide, email + "." })
            (await tenant.Anonymous.SignInAsync(written)).ShouldBe(HttpStatusCode.OK)
                .Body!["user"]!["email"]!.GetValue<string>().ShouldBe(email, written);
    }

    [Fact]
    public async Task A_password_is_the_same_typed_on_another_keyboard()
    {
        var tenant = await host.NewTenantAsync();
        var wide = string.Concat(TestHost.Password.Select(c => char.IsAsciiLetterLower(c) ? (char)(c - 'a' + 'ａ') : c));

        (await tenant.SignInAsync(BuiltInRoles.Viewer, wide)).ShouldBe(HttpStatusCode.OK);
        (await tenant.SignInAsync(BuiltInRoles.Viewer, TestHost.Password.ToUpperInvariant())).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("\uFFFE")]
    [InlineData("\uFFFF")]
    [InlineData("\uFDFA")] // eighteen letters, once normalized
    [InlineData("\t \r\n")]
    [InlineData("\U0001F511")]
    public async Task Whatever_stands_in_an_address_or_a_password_it_is_wrong_like_another(string text)
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.SignInAsync(BuiltInRoles.Viewer, $"x{text}")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.SignInAsync($"x{text}@b.test")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.SignInAsync($"x@b{text}.test")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Members_of_a_tenant_suspended_for_billing_sign_in()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));

        await tenant.SignedInAsync(BuiltInRoles.SuperAdmin);
        var viewer = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        (await tenant.Anonymous.With(viewer.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Only_the_owner_and_who_checks_tickets_sign_in_at_a_tenant_that_an_operator_has_suspended()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));
        var before = await tenant.TraceAsync();

        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended")
            .Get<string>("reason").ShouldBe("operator");
        (await tenant.SignInAsync(BuiltInRoles.Viewer, "wrong-horse-battery"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.TraceAsync()).ShouldBe(before);
        await tenant.SignedInAsync(BuiltInRoles.Staff);

        var owner = await tenant.SignedInAsync(BuiltInRoles.SuperAdmin);
        (await tenant.Anonymous.With(owner.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.Anonymous.With(owner.AccessToken()).GetAsync("/v1/events"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
    }

    [Fact]
    public async Task Only_the_owner_and_who_checks_tickets_sign_in_at_a_deleted_tenant()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Delete(o.CreatedAt));

        (await tenant.SignInAsync(BuiltInRoles.Viewer)).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_deleted");
        await tenant.SignedInAsync(BuiltInRoles.Staff);
        var owner = await tenant.SignedInAsync(BuiltInRoles.SuperAdmin);
        (await tenant.Anonymous.With(owner.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await tenant.Anonymous.With(owner.AccessToken()).GetAsync("/v1/events"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_deleted");
    }

    [Fact]
    public async Task Nobody_signs_in_on_the_platform_host() =>
        (await host.Api.Platform.SignInAsync("owner@acme.test")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
}
