using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Members;

namespace CleanTenancy.IntegrationTests.Roles;

public sealed class RoleTests(TestHost host)
{
    [Fact]
    public async Task A_role_is_made_listed_given_and_does_what_it_says()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var made = await owner.PostAsync("/v1/roles", Sample.Role("door", "events:read", "check-in:write", "events:read"));

        (made.ShouldBe(HttpStatusCode.Created).Get<string>("name"), made.Get<bool>("builtIn"), made.ETag).ShouldBe(("door", false, "\"1\""));
        Permissions(made).ShouldBe("check-in:write,events:read");
        var listed = (await owner.PagesAsync("/v1/roles?limit=4")).SelectMany(page => page.Data()).ToList();
        listed.Select(role => role["name"]!.GetValue<string>())
            .ShouldBe(["door", "super_admin", "admin", "organizer", "staff", "viewer"], ignoreOrder: true);
        listed.Count(role => role["builtIn"]!.GetValue<bool>()).ShouldBe(5);
        var doorman = await tenant.AsAsync(await tenant.AddMemberAsync("door"));
        (await doorman.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        (await doorman.GetAsync("/v1/members")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }

    [Fact]
    public async Task A_changed_role_is_felt_by_the_next_request()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var made = await owner.PostAsync("/v1/roles", Sample.Role());
        var doorman = await tenant.AsAsync(await tenant.AddMemberAsync("door"));
        (await doorman.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.Forbidden);

        var changed = await owner.PatchAsync(
            $"/v1/roles/{made.Id}", new { name = "gate", permissions = new[] { "members:read" } }, made.ETag);

        (changed.ShouldBe(HttpStatusCode.OK).Get<string>("name"), Permissions(changed), changed.ETag).ShouldBe(("gate", "members:read", "\"2\""));
        (await doorman.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.OK);
        (await doorman.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Nobody_makes_changes_or_deletes_a_role_beyond_their_own()
    {
        var tenant = await host.NewTenantAsync();
        var (owner, admin) = (await tenant.OwnerAsync(), await tenant.AsAsync("admin"));
        var billing = await owner.PostAsync("/v1/roles", Sample.Role("billing", "billing:write"));
        var door = await admin.PostAsync("/v1/roles", Sample.Role());
        var all = await owner.PostAsync("/v1/roles", Sample.Role("all", "*"));
        var before = await tenant.TraceAsync();

        Denied(await admin.PostAsync("/v1/roles", Sample.Role("x", "events:read", "tenant:delete")), "tenant:delete");
        Denied(await admin.PostAsync("/v1/roles", Sample.Role("x", "*")), "*");
        Denied(await admin.PatchAsync($"/v1/roles/{door.Id}", new { permissions = new[] { "billing:write" } }, "*"), "billing:write");
        Denied(await admin.PatchAsync($"/v1/roles/{billing.Id}", new { permissions = new[] { "events:read" } }, "*"), "billing:write");
        Denied(await admin.PatchAsync($"/v1/roles/{billing.Id}", new { name = "x" }, "*"), "billing:write");
        Denied(await admin.DeleteAsync($"/v1/roles/{all.Id}", "*"), "*");

        (await tenant.TraceAsync()).ShouldBe(before);

        static void Denied(Answer answer, string permission) =>
            answer.ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe(permission);
    }

    [Theory]
    [InlineData(BuiltInRoles.SuperAdmin)]
    [InlineData(BuiltInRoles.Viewer)]
    public async Task Built_in_roles_stay_as_they_are(string name)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var id = (await owner.GetAsync("/v1/roles")).Data().Single(role => role["name"]!.GetValue<string>() == name)["id"];

        (await owner.PatchAsync($"/v1/roles/{id}", new { name = "x" }, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "role_built_in");
        (await owner.DeleteAsync($"/v1/roles/{id}", "*")).ShouldBeProblem(HttpStatusCode.Conflict, "role_built_in");
        (await owner.PostAsync("/v1/roles", Sample.Role(name))).ShouldBeProblem(HttpStatusCode.Conflict, "role_name_taken");
    }

    [Fact]
    public async Task A_role_that_somebody_has_stays_and_goes_when_they_are_gone()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var role = await owner.PostAsync("/v1/roles", Sample.Role());
        var member = await tenant.AddMemberAsync("door");
        await owner.InviteAsync("only@example.test", "door");
        await owner.InviteAsync("both@example.test", "door", "viewer");

        (await owner.DeleteAsync($"/v1/roles/{role.Id}", "*")).ShouldBeProblem(HttpStatusCode.Conflict, "role_in_use");
        (await owner.PatchAsync($"/v1/members/{member.Id}", new { status = "suspended" }, "*")).ShouldBe(HttpStatusCode.OK);
        (await owner.DeleteAsync($"/v1/roles/{role.Id}", "*")).ShouldBeProblem(HttpStatusCode.Conflict, "role_in_use");
        (await owner.DeleteAsync($"/v1/members/{member.Id}", "*")).ShouldBe(HttpStatusCode.NoContent);
        (await owner.DeleteAsync($"/v1/roles/{role.Id}", role.ETag)).ShouldBe(HttpStatusCode.NoContent);

        (await owner.PostAsync($"/v1/members/{member.Id}/restore")).ShouldBeProblem(HttpStatusCode.Conflict, "no_role_left");
        (await tenant.AcceptAsync(await tenant.InvitationTokenAsync("only@example.test"))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await tenant.AcceptAsync(await tenant.InvitationTokenAsync("both@example.test"))).ShouldBe(HttpStatusCode.Created);
        var open = (await owner.GetAsync("/v1/invitations")).Ids().Single();
        (await owner.PostAsync($"/v1/invitations/{open}/resend")).ShouldBeProblem(HttpStatusCode.Conflict, "no_role_left");
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Giving_and_deleting_a_role_at_once_never_both_succeed()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        for (var round = 0; round < 6; round++)
        {
            var role = await owner.PostAsync("/v1/roles", Sample.Role($"door {round}"));
            var member = await tenant.AddMemberAsync("viewer");

            var answers = await Task.WhenAll(
                owner.DeleteAsync($"/v1/roles/{role.Id}", "*"),
                owner.PatchAsync($"/v1/members/{member.Id}", new { roles = new[] { $"door {round}" } }, "*"));

            answers.Tally().ShouldBeOneOf("1 x 204, 1 x 422 unknown_role", "1 x 200, 1 x 409 role_in_use");
        }
    }

    [Theory]
    [InlineData("""{"name":""}""", "/name", "not_empty")]
    [InlineData("""{"name":" door"}""", "/name", "blank_at_the_edge")]
    [InlineData("""{"permissions":[]}""", "/permissions", "not_empty")]
    [InlineData("""{"permissions":["events:destroy"]}""", "/permissions/0", "unknown_permission")]
    [InlineData("""{"permissions":[null]}""", "/permissions/0", "unknown_permission")]
    public async Task Its_shape_is_checked(string wrong, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var role = await owner.PostAsync("/v1/roles", Sample.Role("other"));

        (await owner.PostAsync("/v1/roles", Sample.Role().With(wrong))).ShouldBeInvalid(pointer, code);
        (await owner.PatchAsync($"/v1/roles/{role.Id}", JsonNode.Parse(wrong)!, "*")).ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task A_role_needs_a_recent_proof()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await tenant.Api.ExecuteAsync(
            "update sessions set authenticated_at = now() - interval '11 minutes' where org_id = $1", tenant.Id.Value);

        foreach (var answer in new[]
        {
            await owner.PostAsync("/v1/roles", Sample.Role()),
            await owner.PatchAsync($"/v1/roles/{Answers.RandomId()}", new { name = "x" }, "*"),
            await owner.DeleteAsync($"/v1/roles/{Answers.RandomId()}", "*"),
        }) answer.ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
    }

    [Fact]
    public async Task The_catalogue_is_published_in_both_languages()
    {
        var tenant = await host.NewTenantAsync();
        var viewer = await tenant.AsAsync("viewer");

        var english = (await viewer.GetAsync("/v1/permissions", ("Accept-Language", "en"))).Data();
        var korean = (await viewer.GetAsync("/v1/permissions", ("Accept-Language", "ko"))).Data();

        english.Select(entry => entry["permission"]!.GetValue<string>())
            .ShouldBe(Domain.Members.Permissions.Catalogue.Order(StringComparer.Ordinal));
        english.Select(entry => entry["description"]!.GetValue<string>()).ShouldBeUnique();
        korean.Select(entry => entry["description"]!.GetValue<string>()).ShouldBeUnique();
        korean[0]["description"]!.GetValue<string>().ShouldBe("통계와 보고서를 봅니다.");
    }

    private static string Permissions(Answer role) =>
        string.Join(',', role.Body!["permissions"]!.AsArray().Select(permission => permission!.GetValue<string>()));
}
