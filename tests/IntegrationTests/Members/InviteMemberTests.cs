using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

public sealed class InviteMemberTests(TestHost host)
{
    private const string Email = "Jisoo@Example.test";

    [Fact]
    public async Task An_invitation_takes_a_seat_and_is_mailed_with_a_link_to_the_tenants_own_host()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var sent = await owner.PostAsync("/v1/invitations", Sample.Invitation(Email, "staff", "viewer"), ("X-Forwarded-Host", "evil.test"));

        sent.ShouldBe(HttpStatusCode.Created);
        (sent.Get<string>("email"), sent.Get<bool>("expired")).ShouldBe((Email, false));
        sent.Body!["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe(["staff", "viewer"]);
        sent.Get<Guid>("invitedBy").ShouldBe(tenant.User(BuiltInRoles.SuperAdmin).Id.Value);
        sent.Text.ShouldNotContain("token", Case.Insensitive);
        var mail = await tenant.MailAsync(Email);
        mail["template"]!.GetValue<string>().ShouldBe("invitation");
        mail["values"]!["link"]!.GetValue<string>().ShouldStartWith($"https://{tenant.Host}/accept-invitation?token=");
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(6);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task The_database_holds_no_token()
    {
        var tenant = await host.NewTenantAsync();
        await (await tenant.OwnerAsync()).InviteAsync(Email);
        var token = await tenant.InvitationTokenAsync(Email);

        (await tenant.Api.QueryAsync<bool>(
            """
            select exists (select from invitations i where org_id = $1 and i::text like '%' || $2 || '%')
              or exists (select from audit_logs a where org_id = $1 and a::text like '%' || $2 || '%')
              or exists (select from idempotency_keys k where org_id = $1 and k::text like '%' || $2 || '%')
            """,
            tenant.Id.Value, token)).ShouldBeFalse();
        token.Length.ShouldBe(43);
    }

    [Theory]
    [InlineData("jisoo@example.test")]
    [InlineData("JISOO@EXAMPLE.TEST")]
    public async Task An_address_has_one_open_invitation(string again)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await owner.InviteAsync(Email);
        var before = await tenant.TraceAsync();

        (await owner.PostAsync("/v1/invitations", Sample.Invitation(again))).ShouldBeProblem(HttpStatusCode.Conflict, "already_invited");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("active")]
    [InlineData("suspended")]
    public async Task A_members_address_is_not_invited(string status)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await tenant.Api.ExecuteAsync("update users set status = $2 where org_id = $1 and name = 'viewer'", tenant.Id.Value, status);

        (await owner.PostAsync("/v1/invitations", Sample.Invitation(tenant.Email("viewer"))))
            .ShouldBeProblem(HttpStatusCode.Conflict, "already_member");
    }

    [Fact]
    public async Task Of_parallel_invitations_of_one_address_one_is_sent()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await Answers.ParallelAsync(12, _ => owner.PostAsync("/v1/invitations", Sample.Invitation(Email)))).Tally()
            .ShouldBe("1 x 201, 11 x 409 already_invited");

        await tenant.ShouldBalanceAsync();
        (await tenant.RowsAsync("outbox")).ShouldBe(1);
    }

    [Fact]
    public async Task Parallel_invitations_cannot_overspend_the_seats()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter); // 10, of which 5 are taken
        var owner = await tenant.OwnerAsync();

        (await Answers.ParallelAsync(12, n => owner.PostAsync("/v1/invitations", Sample.Invitation($"p{n}@example.test"))))
            .Tally().ShouldBe("5 x 201, 7 x 409 quota_exceeded");

        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task An_expired_invitation_gives_its_seat_to_a_new_one_to_the_same_address()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var owner = await tenant.OwnerAsync();
        var first = await owner.InviteAsync(Email);
        for (var n = 0; n < 4; n++) await owner.InviteAsync($"p{n}@example.test");
        var old = await tenant.InvitationTokenAsync(Email);
        await ExpireAsync(tenant, first.Id);

        var second = await owner.InviteAsync(Email);

        second.Id.ShouldNotBe(first.Id);
        (await owner.GetAsync("/v1/invitations?limit=100")).Ids().ShouldNotContain(first.Id);
        (await tenant.AcceptAsync(old)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(10);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Where_no_seat_is_left_expired_invitations_give_way()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var owner = await tenant.OwnerAsync();
        for (var n = 0; n < 5; n++) await owner.InviteAsync($"p{n}@example.test");
        (await owner.PostAsync("/v1/invitations", Sample.Invitation())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        await ExpireAsync(tenant, (await owner.GetAsync("/v1/invitations")).Ids()[0]);

        (await owner.InviteAsync(Email)).Id.ShouldNotBe(Guid.Empty);

        (await tenant.UsedAsync(Quota.Members)).ShouldBe(10);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Nobody_invites_to_more_than_they_have()
    {
        var tenant = await host.NewTenantAsync();
        var admin = await tenant.AsAsync(BuiltInRoles.Admin);
        var before = await tenant.TraceAsync();

        (await admin.PostAsync("/v1/invitations", Sample.Invitation(Email, "super_admin")))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("*");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.DenialsAsync()).ShouldBe(["access.denied InviteMember permission_denied"]);
        await admin.InviteAsync(Email, "admin");
    }

    [Fact]
    public async Task An_unknown_role_is_named()
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OwnerAsync()).PostAsync("/v1/invitations", Sample.Invitation(Email, "staff", "unicorn")))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "unknown_role").Get<string>("role").ShouldBe("unicorn");
    }

    [Theory]
    [InlineData("""{"email":""}""", "/email", "not_empty")]
    [InlineData("""{"email":"x"}""", "/email", "not_an_email")]
    [InlineData("""{"roles":[]}""", "/roles", "not_empty")]
    [InlineData("""{"roles":[""]}""", "/roles", "invalid_role_name")]
    [InlineData("""{"roles":[null]}""", "/roles", "invalid_role_name")]
    public async Task Its_shape_is_checked(string wrong, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OwnerAsync()).PostAsync("/v1/invitations", Sample.Invitation().With(wrong))).ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task An_old_session_has_to_prove_itself_first()
    {
        var tenant = await host.NewTenantAsync();
        var now = TimeProvider.System.GetUtcNow().AddMinutes(-9);
        var token = await tenant.Api.TokenAsync(tenant.User(BuiltInRoles.SuperAdmin), now);
        await tenant.Api.ExecuteAsync(
            "update sessions set authenticated_at = now() - interval '11 minutes' where org_id = $1", tenant.Id.Value);

        (await tenant.Anonymous.With(token).PostAsync("/v1/invitations", Sample.Invitation()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
    }

    internal static Task ExpireAsync(TestTenant tenant, Guid id) => tenant.Api.ExecuteAsync(
        "update invitations set expires_at = now() - interval '1 second' where org_id = $1 and id = $2", tenant.Id.Value, id);
}
