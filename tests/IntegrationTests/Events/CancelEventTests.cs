using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class CancelEventTests(TestHost host)
{
    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    public async Task A_cancelled_event_gives_its_place_in_the_quota_back(string from)
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(from);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");

        var cancelled = await organizer.PostAsync($"/v1/events/{id}/cancel");

        cancelled.ShouldBe(HttpStatusCode.OK).Get<string>("status").ShouldBe("cancelled");
        (await organizer.GetAsync($"/v1/events/{id}")).Text.ShouldBe(cancelled.Text);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(0);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Its_participants_still_count()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        await organizer.RegisterAsync(id, people: 2);

        (await organizer.PostAsync($"/v1/events/{id}/cancel")).ShouldBe(HttpStatusCode.OK).Get<int>("registered").ShouldBe(2);

        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(2);
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task What_is_over_is_not_cancelled(string from)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(from);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/cancel")).ShouldBeInvalidTransition(from, "cancel");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PostAsync($"/v1/events/{id}/cancel")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    public async Task Parallel_requests_give_the_place_back_once(string from)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, _) = (await organizer.EventInAsync(from), await organizer.DraftEventAsync());
        var deeds = await tenant.DeedsAsync();

        (await Answers.ParallelAsync(20, _ => organizer.PostAsync($"/v1/events/{id}/cancel"))).Tally()
            .ShouldBe("1 x 200, 19 x 409 invalid_transition");

        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe([.. deeds, "event.cancelled"]);
    }
}
