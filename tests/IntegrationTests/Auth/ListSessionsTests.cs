using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class ListSessionsTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Path = "/v1/me/sessions";

    [Fact]
    public async Task Everybody_sees_their_own_newest_first_and_which_one_asks()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.AsAsync(BuiltInRoles.SuperAdmin);
        var phone = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var here = (await tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password },
            ("User-Agent", "Browser/1.0"))).ShouldBe(HttpStatusCode.OK);

        var page = (await tenant.Anonymous.With(here.AccessToken()).GetAsync(Path)).ShouldBe(HttpStatusCode.OK);

        page.Ids().ShouldBe([AuthSteps.SessionOf(here.AccessToken()), AuthSteps.SessionOf(phone.AccessToken())]);
        var (first, second) = (page.Data()[0], page.Data()[1]);
        first.AsObject().Select(member => member.Key)
            .ShouldBe(["id", "createdAt", "lastUsedAt", "address", "userAgent", "current", "impersonated"]);
        (first["current"]!.GetValue<bool>(), second["current"]!.GetValue<bool>()).ShouldBe((true, false));
        first["userAgent"]!.GetValue<string>().ShouldBe("Browser/1.0");
        first["address"]!.GetValue<string>().ShouldBe("127.0.0.1");
        first["impersonated"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task Pages_follow_each_other()
    {
        var tenant = await host.NewTenantAsync();
        var viewers = new List<ApiClient>();
        for (var n = 0; n < 5; n++) viewers.Add(await tenant.AsAsync(BuiltInRoles.Viewer));

        var first = await viewers[0].GetAsync($"{Path}?limit=3");
        var rest = await viewers[0].GetAsync($"{Path}?limit=3&cursor={Uri.EscapeDataString(first.NextCursor()!)}");

        first.Ids().Concat(rest.Ids()).ShouldBe(viewers
            .Select(viewer => AuthSteps.SessionOf(viewer.Token!)).OrderByDescending(id => $"{id}", StringComparer.Ordinal));
        rest.NextCursor().ShouldBeNull();
        (await viewers[0].GetAsync($"{Path}?limit=0")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task What_has_ended_is_not_shown()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var (idle, elsewhere) = (await tenant.SignedInAsync(BuiltInRoles.Viewer), await tenant.AsAsync(BuiltInRoles.Viewer));
        (await elsewhere.PostAsync("/v1/auth/logout")).ShouldBe(HttpStatusCode.NoContent);
        clocked.Clock.Advance(RefreshToken.IdleLifetime);
        var here = await tenant.AsAsync(BuiltInRoles.Viewer);

        (await here.GetAsync(Path)).Ids().ShouldBe([AuthSteps.SessionOf(here.Token!)]);
        (await tenant.Anonymous.RefreshAsync(idle.RefreshToken())).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task It_is_shown_in_a_suspended_tenant_and_to_nobody_else()
    {
        var tenant = await host.NewTenantAsync(configure: o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));

        (await (await tenant.OwnerAsync()).GetAsync(Path)).ShouldBe(HttpStatusCode.OK);
        (await tenant.Anonymous.GetAsync(Path)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
