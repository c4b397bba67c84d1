using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

/// <summary>The contract's table of plans, walked limit by limit for all four, as a client meets it.</summary>
public sealed class PlanLimitTests(TestHost host)
{
    [Theory]
    [InlineData(Tier.Free, 1)]
    [InlineData(Tier.Starter, 5)]
    [InlineData(Tier.Pro, null)]
    [InlineData(Tier.Enterprise, null)]
    public async Task Events(Tier tier, int? limit)
    {
        var tenant = await host.NewTenantAsync(tier);
        var organizer = await tenant.OrganizerAsync();

        for (var n = 0; n < (limit ?? 20); n++) await organizer.DraftEventAsync();

        await ShouldEndAtAsync(limit, "events", () => organizer.PostAsync("/v1/events", Sample.Event()));
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData(Tier.Free, 100)]
    [InlineData(Tier.Starter, 500)]
    [InlineData(Tier.Pro, null)]
    [InlineData(Tier.Enterprise, null)]
    public async Task Participants(Tier tier, int? limit)
    {
        var tenant = await host.NewTenantAsync(tier);
        var organizer = await tenant.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        // All but the last one at once: what is walked here is where it ends.
        await tenant.FillAsync(live, (limit ?? 520) - 1);

        await organizer.RegisterAsync(live, people: 1);

        await ShouldEndAtAsync(
            limit, "participants", () => organizer.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee()));
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData(Tier.Free, 3)]
    [InlineData(Tier.Starter, 10)]
    [InlineData(Tier.Pro, 50)]
    [InlineData(Tier.Enterprise, null)]
    public async Task Members(Tier tier, int? limit)
    {
        var tenant = await host.NewTenantAsync(tier);
        var owner = await tenant.OwnerAsync();
        // The tests' five people are more than a free plan has: two of them go.
        if (tier is Tier.Free)
            foreach (var role in new[] { BuiltInRoles.Viewer, BuiltInRoles.Staff, BuiltInRoles.Organizer })
                (await owner.DeleteAsync($"/v1/members/{tenant.User(role).Id}", "*")).ShouldBe(HttpStatusCode.NoContent);
        var seats = await tenant.UsedAsync(Quota.Members);

        for (var n = seats; n < (limit ?? 55); n++)
            (await owner.PostAsync("/v1/invitations", Sample.Invitation($"guest-{n}@example.test"))).ShouldBe(HttpStatusCode.Created);

        await ShouldEndAtAsync(limit, "members", () => owner.PostAsync("/v1/invitations", Sample.Invitation("one-more@example.test")));
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData(Tier.Free, 100L << 20)]
    [InlineData(Tier.Starter, 5L << 30)]
    [InlineData(Tier.Pro, 100L << 30)]
    [InlineData(Tier.Enterprise, null)]
    public async Task Storage(Tier tier, long? limit)
    {
        var tenant = await host.NewTenantAsync(tier);
        var organizer = await tenant.OrganizerAsync();
        // All but the last ten bytes at once: nobody needs to send a hundred GiB for this.
        await tenant.Api.ExecuteAsync(
            "update usage_counters set used = $2 where org_id = $1 and resource = 'storage'",
            tenant.Id.Value, (limit ?? 1L << 40) - 10);

        (await organizer.UploadAsync(new byte[10])).ShouldBe(HttpStatusCode.Created);

        var answer = await organizer.UploadAsync(new byte[1]);
        if (limit is null)
        {
            answer.ShouldBe(HttpStatusCode.Created);
            return;
        }

        answer.ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        (answer.Get<string>("resource"), answer.Get<long>("limit"), answer.Get<long>("used")).ShouldBe(("storage", limit.Value, limit.Value));
    }

    private static async Task ShouldEndAtAsync(int? limit, string resource, Func<Task<Answer>> oneMore)
    {
        var answer = await oneMore();
        if (limit is null)
        {
            answer.ShouldBe(HttpStatusCode.Created);
            return;
        }

        answer.ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        (answer.Get<string>("resource"), answer.Get<long>("limit"), answer.Get<long>("used")).ShouldBe((resource, limit.Value, limit.Value));
    }
}
