using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class GetMeTests(TestHost host)
{
    [Fact]
    public async Task Everybody_sees_their_own_roles_and_permissions()
    {
        var tenant = await host.NewTenantAsync();

        foreach (var (role, permissions) in BuiltInRoles.All)
        {
            var me = (await (await tenant.AsAsync(role)).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
            me.Body!.AsObject().Select(member => member.Key).ShouldBe(["id", "email", "name", "roles", "permissions"]);
            (me.Id, me.Get<string>("email")).ShouldBe((tenant.User(role).Id.Value, tenant.Email(role)));
            me.Body!["roles"]!.AsArray().Select(r => r!.GetValue<string>()).ShouldBe([role]);
            me.Body!["permissions"]!.AsArray().Select(p => p!.GetValue<string>()).ShouldBe(permissions.Order(StringComparer.Ordinal));
            me.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Nobody_is_unauthenticated_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();

        (await tenant.Anonymous.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated")
            .Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData(SuspensionReason.Billing)]
    [InlineData(SuspensionReason.Operator)]
    public async Task It_is_shown_in_a_suspended_tenant(SuspensionReason reason)
    {
        var tenant = await host.NewTenantAsync(Tier.Free, o => o.Suspend(reason, o.CreatedAt));

        (await (await tenant.OwnerAsync()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }
}
