using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

/// <summary>Removed and restored.</summary>
public sealed class RemoveMemberTests(TestHost host)
{
    [Fact]
    public async Task Who_is_removed_is_signed_out_at_once_and_the_seat_is_free()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var pair = await tenant.SignedInAsync("viewer");
        var (viewer, id) = (tenant.Anonymous.With(pair.AccessToken()), tenant.User("viewer").Id.Value);
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await owner.DeleteAsync($"/v1/members/{id}", "\"1\"")).ShouldBe(HttpStatusCode.NoContent);

        (await viewer.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.SignInAsync("viewer")).ShouldBe(HttpStatusCode.Unauthorized);
        (await owner.GetAsync("/v1/members")).Ids().ShouldNotContain(id);
        (await owner.GetAsync("/v1/members?status=removed")).Ids().ShouldBe([id]);
        (await owner.GetAsync($"/v1/members/{id}")).Get<string>("status").ShouldBe("removed");
        (await owner.PatchAsync($"/v1/members/{id}", new { name = "x" }, "*")).ShouldBeInvalidTransition("removed", "change");
        (await owner.DeleteAsync($"/v1/members/{id}", "*")).ShouldBeInvalidTransition("removed", "remove");
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(4);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Of_parallel_requests_one_removes_and_one_seat_comes_back()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await Answers.ParallelAsync(8, _ => owner.DeleteAsync($"/v1/members/{tenant.User("viewer").Id}", "*"))).Tally()
            .ShouldBe("1 x 204, 7 x 409 invalid_transition");

        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Nobody_removes_somebody_who_has_more()
    {
        var tenant = await host.NewTenantAsync();
        var second = await tenant.AddMemberAsync(BuiltInRoles.SuperAdmin);

        (await (await tenant.AsAsync("admin")).DeleteAsync($"/v1/members/{second.Id}", "*"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("*");
    }

    [Fact]
    public async Task Restored_they_have_password_and_roles_again_and_a_seat()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var path = $"/v1/members/{tenant.User("staff").Id}";
        (await owner.DeleteAsync(path, "*")).ShouldBe(HttpStatusCode.NoContent);

        var restored = await owner.PostAsync($"{path}/restore");

        (restored.ShouldBe(HttpStatusCode.OK).Get<string>("status"), restored.ETag).ShouldBe(("active", "\"3\""));
        (await tenant.SignInAsync("staff")).ShouldBe(HttpStatusCode.OK);
        (await owner.PostAsync($"{path}/restore")).ShouldBeInvalidTransition("active", "restore");
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(5);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Parallel_restores_cannot_overspend_the_seats()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var owner = await tenant.OwnerAsync();
        var removed = new List<User>();
        for (var n = 0; n < 3; n++) removed.Add(await tenant.AddMemberAsync("viewer"));
        foreach (var user in removed) (await owner.DeleteAsync($"/v1/members/{user.Id}", "*")).ShouldBe(HttpStatusCode.NoContent);
        for (var n = 0; n < 4; n++) await tenant.AddMemberAsync("viewer");

        (await Answers.ParallelAsync(6, n => owner.PostAsync($"/v1/members/{removed[n % 3].Id}/restore"))).Tally()
            .ShouldBeOneOf("1 x 200, 1 x 409 invalid_transition, 4 x 409 quota_exceeded", "1 x 200, 5 x 409 quota_exceeded");

        (await tenant.UsedAsync(Quota.Members)).ShouldBe(10);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task An_open_invitation_to_the_address_gives_its_seat_and_is_void()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.DeleteAsync($"/v1/members/{tenant.User("viewer").Id}", "*")).ShouldBe(HttpStatusCode.NoContent);
        await owner.InviteAsync(tenant.Email("viewer"));

        (await owner.PostAsync($"/v1/members/{tenant.User("viewer").Id}/restore")).ShouldBe(HttpStatusCode.OK);

        (await tenant.AcceptAsync(await tenant.InvitationTokenAsync(tenant.Email("viewer"))))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(5);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Nobody_restores_somebody_who_had_more()
    {
        var tenant = await host.NewTenantAsync();
        var second = await tenant.AddMemberAsync(BuiltInRoles.SuperAdmin);
        (await (await tenant.OwnerAsync()).DeleteAsync($"/v1/members/{second.Id}", "*")).ShouldBe(HttpStatusCode.NoContent);

        (await (await tenant.AsAsync("admin")).PostAsync($"/v1/members/{second.Id}/restore"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("*");
    }
}
