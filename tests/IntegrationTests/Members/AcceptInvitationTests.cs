using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

public sealed class AcceptInvitationTests(TestHost host)
{
    private const string Email = "jisoo@example.test";

    [Fact]
    public async Task Who_accepts_is_a_member_and_signs_in()
    {
        var tenant = await host.NewTenantAsync();
        await (await tenant.OwnerAsync()).InviteAsync(Email, "staff", "viewer");
        var token = await tenant.InvitationTokenAsync(Email);

        var joined = await tenant.AcceptAsync(token);

        joined.ShouldBe(HttpStatusCode.Created).Headers.Location!.ToString().ShouldBe($"/v1/members/{joined.Id}");
        (joined.Get<string>("email"), joined.Get<string>("name"), joined.Get<string>("status"), joined.ETag)
            .ShouldBe((Email, "Park Jisoo", "active", "\"1\""));
        var pair = (await tenant.Anonymous.SignInAsync(Email)).ShouldBe(HttpStatusCode.OK);
        pair.Body!["user"]!["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe(["staff", "viewer"]);
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(6);
        await tenant.ShouldBalanceAsync();
        (await tenant.DeedsAsync()).ShouldBe(["invitation.issued", "invitation.accepted", "session.started"]);
        (await tenant.Api.QueryAsync<Guid>(
            "select actor_id from audit_logs where org_id = $1 and action = 'invitation.accepted'", tenant.Id.Value)).ShouldBe(joined.Id);
    }

    [Fact]
    public async Task Used_expired_revoked_foreign_and_invented_tokens_are_refused_alike_and_leave_no_trace()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var owner = await tenant.OwnerAsync();
        var tokens = new List<string>();
        foreach (var name in new[] { "used", "expired", "revoked" })
        {
            var id = (await owner.InviteAsync($"{name}@example.test")).Id;
            tokens.Add(await tenant.InvitationTokenAsync($"{name}@example.test"));
            if (name == "used") (await tenant.AcceptAsync(tokens[^1])).ShouldBe(HttpStatusCode.Created);
            if (name == "expired") await InviteMemberTests.ExpireAsync(tenant, id);
            if (name == "revoked") (await owner.DeleteAsync($"/v1/invitations/{id}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
        }

        await (await other.OwnerAsync()).InviteAsync(Email);
        tokens.AddRange([await other.InvitationTokenAsync(Email), new string('A', 43), "x", $"{tokens[0]}="]);
        var (before, othersBefore) = (await tenant.TraceAsync(), await other.TraceAsync());

        var answers = new List<Answer>();
        foreach (var token in tokens) answers.Add(await tenant.AcceptAsync(token));

        answers.Tally().ShouldBe("7 x 400 invalid_token");
        answers.ShouldAllBe(answer => answer.Indistinct() == answers[0].Indistinct());
        (await tenant.TraceAsync()).ShouldBe(before);
        (await other.TraceAsync()).ShouldBe(othersBefore);
    }

    [Fact]
    public async Task Of_parallel_requests_one_accepts()
    {
        var tenant = await host.NewTenantAsync();
        await (await tenant.OwnerAsync()).InviteAsync(Email);
        var token = await tenant.InvitationTokenAsync(Email);

        (await Answers.ParallelAsync(8, _ => tenant.AcceptAsync(token))).Tally().ShouldBe("1 x 201, 7 x 400 invalid_token");

        (await tenant.RowsAsync("users")).ShouldBe(6);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Of_the_roles_those_are_given_that_are_there_and_that_the_inviter_still_has()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var gone = (await owner.PostAsync("/v1/roles", Sample.Role("gone"))).ShouldBe(HttpStatusCode.Created);
        var billing = (await owner.PostAsync("/v1/roles", Sample.Role("billing", "billing:write"))).ShouldBe(HttpStatusCode.Created);
        var inviter = await tenant.AddMemberAsync("admin", "billing");
        await (await tenant.AsAsync(inviter)).InviteAsync(Email, "viewer", "gone", "billing");

        (await owner.DeleteAsync($"/v1/roles/{gone.Id}", gone.ETag)).ShouldBe(HttpStatusCode.NoContent);
        (await owner.PatchAsync($"/v1/members/{inviter.Id}", new { roles = new[] { "admin" } }, "*")).ShouldBe(HttpStatusCode.OK);
        (await owner.GetAsync("/v1/invitations")).Data().Single()["roles"]!.AsArray()
            .Select(role => role!.GetValue<string>()).ShouldBe(["billing", "viewer"]);
        var joined = await tenant.AcceptAsync(await tenant.InvitationTokenAsync(Email));

        joined.ShouldBe(HttpStatusCode.Created).Body!["roles"]!.AsArray()
            .Select(role => role!.GetValue<string>()).ShouldBe(["viewer"]);
        billing.Id.ShouldNotBe(Guid.Empty);
    }

    [Theory]
    [InlineData("""{"status":"suspended"}""")]
    [InlineData("""{"roles":["viewer"]}""")]
    public async Task An_inviter_who_may_invite_no_more_gives_nothing(string change)
    {
        var tenant = await host.NewTenantAsync();
        await (await tenant.AsAsync("admin")).InviteAsync(Email, "viewer");
        var token = await tenant.InvitationTokenAsync(Email);
        (await (await tenant.OwnerAsync()).PatchAsync(
            $"/v1/members/{tenant.User("admin").Id}", System.Text.Json.Nodes.JsonNode.Parse(change)!, "*")).ShouldBe(HttpStatusCode.OK);
        var before = await tenant.TraceAsync();

        (await tenant.AcceptAsync(token)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Who_was_removed_comes_back_as_the_same_person_with_new_roles_name_and_password()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var (viewer, email) = (tenant.User("viewer"), tenant.Email("viewer"));
        (await owner.DeleteAsync($"/v1/members/{viewer.Id}", "\"1\"")).ShouldBe(HttpStatusCode.NoContent);
        await tenant.Api.ExecuteAsync(
            "update users set totp_secret = '\\x01', totp_confirmed_at = now(), password_hash = 'old' where org_id = $1 and id = $2",
            tenant.Id.Value, viewer.Id.Value);

        await owner.InviteAsync(email, "staff");
        var joined = await tenant.AcceptAsync(await tenant.InvitationTokenAsync(email), "Back Again");

        (joined.ShouldBe(HttpStatusCode.Created).Id, joined.Get<string>("name"), joined.Get<bool>("totpEnabled"))
            .ShouldBe((viewer.Id.Value, "Back Again", false));
        var pair = (await tenant.Anonymous.SignInAsync(email)).ShouldBe(HttpStatusCode.OK);
        pair.Body!["user"]!["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe(["staff"]);
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(5);
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData("fourteen chars", "/password", "password_too_short")]
    public async Task A_password_has_fifteen_characters(string password, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.Anonymous.PostAsync("/v1/invitations/accept", new { token = new string('A', 43), name = "x", password }))
            .ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task A_suspended_tenant_takes_nobody_in()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));

        (await tenant.AcceptAsync(new string('A', 43))).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
    }

    [Fact]
    public async Task The_owner_of_another_tenant_is_nobody_here()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        await (await tenant.OwnerAsync()).InviteAsync(other.Email(BuiltInRoles.SuperAdmin), "viewer");

        var joined = await tenant.AcceptAsync(await tenant.InvitationTokenAsync(other.Email(BuiltInRoles.SuperAdmin)));

        joined.ShouldBe(HttpStatusCode.Created).Id.ShouldNotBe(other.User(BuiltInRoles.SuperAdmin).Id.Value);
    }
}
