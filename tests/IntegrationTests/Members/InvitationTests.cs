using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

/// <summary>What happens to an invitation before it is accepted.</summary>
public sealed class InvitationTests(TestHost host)
{
    private const string Email = "jisoo@example.test";

    [Fact]
    public async Task Open_ones_are_listed_page_by_page()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var sent = new List<Guid>();
        for (var n = 0; n < 3; n++) sent.Add((await owner.InviteAsync($"p{n}@example.test")).Id);
        (await owner.DeleteAsync($"/v1/invitations/{sent[0]}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
        await InviteMemberTests.ExpireAsync(tenant, sent[1]);

        var pages = await owner.PagesAsync("/v1/invitations?limit=1");

        pages.SelectMany(page => page.Ids()).ShouldBe([sent[2], sent[1]]);
        pages.SelectMany(page => page.Data()).Select(i => i["expired"]!.GetValue<bool>()).ShouldBe([false, true]);
    }

    [Fact]
    public async Task Another_tenants_are_not_listed()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        await (await tenant.OwnerAsync()).InviteAsync(Email);

        (await (await other.OwnerAsync()).GetAsync("/v1/invitations")).Data().ShouldBeEmpty();
    }

    [Fact]
    public async Task Sent_again_the_new_link_works_for_seven_days_and_the_old_one_no_more()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var id = (await owner.InviteAsync(Email)).Id;
        var old = await tenant.InvitationTokenAsync(Email);
        await InviteMemberTests.ExpireAsync(tenant, id);

        var resent = await owner.PostAsync($"/v1/invitations/{id}/resend");

        resent.ShouldBe(HttpStatusCode.OK).Get<bool>("expired").ShouldBeFalse();
        (resent.Get<DateTimeOffset>("expiresAt") - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBe(7, 0.1);
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(6);
        (await tenant.AcceptAsync(old)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await tenant.AcceptAsync(await tenant.InvitationTokenAsync(Email))).ShouldBe(HttpStatusCode.Created);
        (await owner.PostAsync($"/v1/invitations/{id}/resend")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Who_resends_must_have_what_it_gives()
    {
        var tenant = await host.NewTenantAsync();
        var id = (await (await tenant.OwnerAsync()).InviteAsync(Email, "super_admin")).Id;

        (await (await tenant.AsAsync("admin")).PostAsync($"/v1/invitations/{id}/resend"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("*");
    }

    [Fact]
    public async Task A_revoked_one_is_void_and_gives_its_seat_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var id = (await owner.InviteAsync(Email)).Id;

        (await Answers.ParallelAsync(8, _ => owner.DeleteAsync($"/v1/invitations/{id}", ifMatch: null))).Tally()
            .ShouldBe("1 x 204, 7 x 404 not_found");

        (await tenant.UsedAsync(Quota.Members)).ShouldBe(5);
        (await tenant.AcceptAsync(await tenant.InvitationTokenAsync(Email))).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await owner.InviteAsync(Email)).Id.ShouldNotBe(id);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Revoking_and_accepting_at_once_never_both_succeed()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        for (var round = 0; round < 5; round++)
        {
            var email = $"p{round}@example.test";
            var id = (await owner.InviteAsync(email)).Id;
            var token = await tenant.InvitationTokenAsync(email);

            var answers = await Answers.ParallelAsync(
                2, n => n == 0 ? owner.DeleteAsync($"/v1/invitations/{id}", ifMatch: null) : tenant.AcceptAsync(token));

            answers.Tally().ShouldBeOneOf("1 x 204, 1 x 400 invalid_token", "1 x 201, 1 x 404 not_found");
        }

        await tenant.ShouldBalanceAsync();
    }
}
