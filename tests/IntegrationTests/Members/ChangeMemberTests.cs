using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

public sealed class ChangeMemberTests(TestHost host)
{
    [Fact]
    public async Task Name_roles_and_status_change_together_or_by_themselves()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var path = $"/v1/members/{tenant.User("viewer").Id}";

        var changed = await owner.PatchAsync(path, new { name = "Lee Jun", roles = new[] { "staff", "organizer", "staff" } }, "\"1\"");

        (changed.ShouldBe(HttpStatusCode.OK).Get<string>("name"), Roles(changed), changed.Get<string>("status"))
            .ShouldBe(("Lee Jun", "organizer,staff", "active"));
        var read = await owner.GetAsync(path);
        (read.Text, read.ETag).ShouldBe((changed.Text, changed.ETag));
        var suspended = await owner.PatchAsync(path, new { status = "suspended" }, changed.ETag);
        (suspended.ShouldBe(HttpStatusCode.OK).Get<string>("status"), suspended.Get<string>("name"), Roles(suspended))
            .ShouldBe(("suspended", "Lee Jun", "organizer,staff"));
    }

    [Fact]
    public async Task What_is_as_it_was_is_no_change()
    {
        var tenant = await host.NewTenantAsync();
        var same = new { name = "viewer", roles = new[] { "viewer" }, status = "active" };

        (await (await tenant.OwnerAsync()).PatchAsync($"/v1/members/{tenant.User("viewer").Id}", same, "\"1\""))
            .ShouldBe(HttpStatusCode.OK).ETag.ShouldBe("\"1\"");
    }

    [Fact]
    public async Task Who_is_suspended_is_signed_out_at_once_keeps_the_seat_and_comes_back_by_signing_in()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var pair = await tenant.SignedInAsync("viewer");
        var (viewer, path) = (tenant.Anonymous.With(pair.AccessToken()), $"/v1/members/{tenant.User("viewer").Id}");
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        var suspended = await owner.PatchAsync(path, new { status = "suspended" }, "*");

        (await viewer.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.RefreshAsync(pair.RefreshToken())).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.SignInAsync("viewer")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Api.QueryAsync<string>(
            "select string_agg(distinct revoked_reason, ',') from sessions where org_id = $1", tenant.Id.Value)).ShouldBe("member_suspended");
        await tenant.ShouldBalanceAsync();
        (await owner.PatchAsync(path, new { status = "active" }, suspended.ETag)).ShouldBe(HttpStatusCode.OK);
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.SignInAsync("viewer")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_change_of_roles_is_felt_by_the_next_request_here_and_moments_later_elsewhere()
    {
        await using var elsewhere = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var (owner, viewer) = (await tenant.OwnerAsync(), await tenant.AsAsync("viewer"));
        var there = elsewhere.Client(tenant.Host, viewer.Token);
        (await viewer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Forbidden);
        (await there.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Forbidden);

        (await owner.PatchAsync($"/v1/members/{tenant.User("viewer").Id}", new { roles = new[] { "organizer" } }, "*")).ShouldBe(HttpStatusCode.OK);

        (await viewer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
        await Eventually.HoldsAsync(
            async () => (await there.PostAsync("/v1/events", Sample.Event())).Status == HttpStatusCode.Created, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("admin", "viewer", """{"roles":["super_admin"]}""", "*")]
    [InlineData("admin", "admin", """{"roles":["super_admin"]}""", "*")]
    [InlineData("admin", "super_admin", """{"roles":["viewer"]}""", "*")]
    [InlineData("admin", "super_admin", """{"status":"suspended"}""", "*")]
    [InlineData("admin", "super_admin", """{"name":"Fool"}""", "*")]
    public async Task Nobody_gives_or_takes_away_what_they_lack(string who, string whom, string change, string lacked)
    {
        var tenant = await host.NewTenantAsync();
        await tenant.AddMemberAsync(BuiltInRoles.SuperAdmin);
        var client = await tenant.AsAsync(who);
        var before = await tenant.TraceAsync();

        (await client.PatchAsync($"/v1/members/{tenant.User(whom).Id}", JsonNode.Parse(change)!, "*"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe(lacked);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.DenialsAsync()).ShouldBe(["access.denied ChangeMember permission_denied"]);
    }

    [Fact]
    public async Task The_first_permission_that_is_lacked_is_named()
    {
        var tenant = await host.NewTenantAsync();
        var few = await tenant.WithAsync("members:write", "members:read");

        (await few.PatchAsync($"/v1/members/{tenant.User("staff").Id}", new { name = "x" }, "*"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("check-in:write");
    }

    [Theory]
    [InlineData("""{"roles":["viewer"]}""")]
    [InlineData("""{"status":"suspended"}""")]
    public async Task The_last_super_admin_stays_one(string change)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var second = await tenant.AddMemberAsync(BuiltInRoles.SuperAdmin);
        (await owner.PatchAsync($"/v1/members/{second.Id}", new { status = "suspended" }, "*")).ShouldBe(HttpStatusCode.OK);
        var path = $"/v1/members/{tenant.User(BuiltInRoles.SuperAdmin).Id}";
        var before = await tenant.TraceAsync();

        (await owner.PatchAsync(path, JsonNode.Parse(change)!, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "last_super_admin");
        (await owner.DeleteAsync(path, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "last_super_admin");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await owner.PatchAsync($"/v1/members/{second.Id}", new { status = "active" }, "*")).ShouldBe(HttpStatusCode.OK);
        (await owner.PatchAsync(path, JsonNode.Parse(change)!, "*")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_super_admins_cannot_demote_each_other_at_once()
    {
        for (var round = 0; round < 8; round++)
        {
            var tenant = await host.NewTenantAsync();
            var (one, two) = (tenant.User(BuiltInRoles.SuperAdmin), await tenant.AddMemberAsync(BuiltInRoles.SuperAdmin));
            var (first, second) = (await tenant.AsAsync(one), await tenant.AsAsync(two));

            var answers = await Task.WhenAll(
                first.PatchAsync($"/v1/members/{two.Id}", new { roles = new[] { "viewer" } }, "*"),
                second.DeleteAsync($"/v1/members/{one.Id}", "*"));

            answers.Count(answer => (int)answer.Status < 300).ShouldBe(1, answers.Tally());
            await ShouldHaveOwnerAsync(tenant);
        }
    }

    [Fact]
    public async Task A_change_of_roles_needs_a_recent_proof_and_a_change_of_the_name_does_not()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await tenant.Api.ExecuteAsync(
            "update sessions set authenticated_at = now() - interval '11 minutes' where org_id = $1", tenant.Id.Value);
        var path = $"/v1/members/{tenant.User("viewer").Id}";

        (await owner.PatchAsync(path, new { roles = new[] { "staff" } }, "*")).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await owner.PatchAsync(path, new { name = "x", roles = new[] { "viewer" } }, "*")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"name":""}""", "/name", "not_empty")]
    [InlineData("""{"name":null}""", "/name", "invalid_value")]
    [InlineData("""{"roles":[]}""", "/roles", "not_empty")]
    [InlineData("""{"status":"removed"}""", "/status", "unknown_status")]
    [InlineData("""{"status":"Active"}""", "/status", "invalid_value")]
    [InlineData("""{"email":"x@example.test"}""", "/email", "unknown_member")]
    public async Task Its_shape_is_checked(string wrong, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OwnerAsync()).PatchAsync($"/v1/members/{tenant.User("viewer").Id}", JsonNode.Parse(wrong)!, "*"))
            .ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task Of_parallel_changes_of_one_version_one_wins()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await Answers.ParallelAsync(8, n => owner.PatchAsync(
            $"/v1/members/{tenant.User("viewer").Id}", new { name = $"n{n}" }, "\"1\""))).Tally().ShouldBe("1 x 200, 7 x 412 precondition_failed");
    }

    internal static async Task ShouldHaveOwnerAsync(TestTenant tenant) => (await tenant.Api.QueryAsync<long>(
        """
        select count(*) from users u join user_roles l on l.org_id = u.org_id and l.user_id = u.id
        join roles r on r.org_id = l.org_id and r.id = l.role_id
        where u.org_id = $1 and u.status = 'active' and r.name = 'super_admin' and r.built_in
        """,
        tenant.Id.Value)).ShouldBeGreaterThan(0);

    private static string Roles(Answer member) =>
        string.Join(',', member.Body!["roles"]!.AsArray().Select(role => role!.GetValue<string>()));
}
