using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class ArchiveEventTests(TestHost host)
{
    [Fact]
    public async Task A_live_event_gives_back_its_place_and_its_participants()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        await organizer.RegisterAsync(id, people: 3);
        await organizer.RegisterAsync(other, people: 1);

        var archived = await organizer.PostAsync($"/v1/events/{id}/archive");

        archived.ShouldBe(HttpStatusCode.OK).Get<string>("status").ShouldBe("archived");
        archived.Get<int>("registered").ShouldBe(3);
        (await organizer.GetAsync($"/v1/events/{id}")).Text.ShouldBe(archived.Text);
        (await tenant.UsedAsync(Quota.Events), await tenant.UsedAsync(Quota.Participants)).ShouldBe((1, 1));
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task A_cancelled_event_gives_back_its_participants_only()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, _) = (await organizer.LiveEventAsync(), await organizer.DraftEventAsync());
        await organizer.RegisterAsync(id, people: 3);
        await organizer.PostAsync($"/v1/events/{id}/cancel");

        (await organizer.PostAsync($"/v1/events/{id}/archive")).ShouldBe(HttpStatusCode.OK);

        (await tenant.UsedAsync(Quota.Events), await tenant.UsedAsync(Quota.Participants)).ShouldBe((1, 0));
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData("draft")]
    [InlineData("archived")]
    public async Task Only_what_was_live_is_archived(string from)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(from);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/archive")).ShouldBeInvalidTransition(from, "archive");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PostAsync($"/v1/events/{id}/archive")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Parallel_requests_give_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        await organizer.RegisterAsync(id, people: 2);
        await organizer.RegisterAsync(other, people: 2);

        (await Answers.ParallelAsync(20, _ => organizer.PostAsync($"/v1/events/{id}/archive"))).Tally()
            .ShouldBe("1 x 200, 19 x 409 invalid_transition");

        (await tenant.UsedAsync(Quota.Events), await tenant.UsedAsync(Quota.Participants)).ShouldBe((1, 2));
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Archiving_and_cancelling_at_once_give_the_place_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        await organizer.RegisterAsync(id, people: 2);

        var answers = await Answers.ParallelAsync(
            20, n => organizer.PostAsync($"/v1/events/{id}/{(n % 2 == 0 ? "archive" : "cancel")}"));

        answers.ShouldAllBe(a => a.Status == HttpStatusCode.OK || a.Code == "invalid_transition");
        (await organizer.GetAsync($"/v1/events/{id}")).Get<string>("status").ShouldBe("archived", "from live or from cancelled");
        (await tenant.UsedAsync(Quota.Events), await tenant.UsedAsync(Quota.Participants)).ShouldBe((1, 0));
        (await organizer.GetAsync($"/v1/events/{other}")).Get<string>("status").ShouldBe("live");
    }
}
