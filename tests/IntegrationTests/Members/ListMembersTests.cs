using System.Net;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

public sealed class ListMembersTests(TestHost host)
{
    [Fact]
    public async Task Members_are_listed_page_by_page_with_their_roles()
    {
        var tenant = await host.NewTenantAsync();
        var both = await tenant.AddMemberAsync("staff", "organizer");
        var viewer = await tenant.AsAsync("viewer");

        var pages = await viewer.PagesAsync("/v1/members?limit=2");

        pages.Count.ShouldBe(3);
        var all = pages.SelectMany(page => page.Data()).ToList();
        all.Count.ShouldBe(6);
        all[0]["id"]!.GetValue<Guid>().ShouldBe(both.Id.Value);
        all[0]["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe(["organizer", "staff"]);
        all.Select(member => member["id"]!.GetValue<Guid>()).ShouldBeInOrder(SortDirection.Descending);
    }

    [Fact]
    public async Task They_are_found_by_status_and_by_address()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.PatchAsync($"/v1/members/{tenant.User("staff").Id}", new { status = "suspended" }, "*")).ShouldBe(HttpStatusCode.OK);

        (await owner.GetAsync("/v1/members?status=suspended")).Ids().ShouldBe([tenant.User("staff").Id.Value]);
        (await owner.GetAsync("/v1/members?status=active")).Ids().Length.ShouldBe(4);
        (await owner.GetAsync("/v1/members")).Ids().Length.ShouldBe(5);
        (await owner.GetAsync($"/v1/members?email={tenant.Email("staff").ToUpperInvariant()}")).Ids().ShouldBe([tenant.User("staff").Id.Value]);
        (await owner.GetAsync("/v1/members?email=nobody@example.test")).Ids().ShouldBeEmpty();
        (await owner.GetAsync("/v1/members?status=7")).ShouldBeInvalid("?status", "unknown_status");
        (await owner.GetAsync("/v1/members?email=x")).ShouldBeInvalid("?email", "not_an_email");
    }

    [Fact]
    public async Task One_is_read_with_the_last_sign_in_and_no_secret()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        await tenant.SignedInAsync("staff");
        var viewer = await tenant.AsAsync("viewer");

        var member = await viewer.GetAsync($"/v1/members/{tenant.User("staff").Id}");

        (member.ShouldBe(HttpStatusCode.OK).Get<string>("email"), member.Get<bool>("totpEnabled"), member.ETag)
            .ShouldBe((tenant.Email("staff"), false, "\"1\""));
        member.Get<DateTimeOffset>("lastSignInAt").ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(-1));
        member.Text.ShouldNotContain("password", Case.Insensitive);
        (await viewer.GetAsync($"/v1/members/{other.User("staff").Id}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }
}
