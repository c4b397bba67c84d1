using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class PublishEventTests(TestHost host)
{
    [Fact]
    public async Task A_draft_goes_live_and_keeps_its_place_in_the_quota()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var draft = await organizer.DraftEventAsync();

        var live = await organizer.PostAsync($"/v1/events/{draft.Id}/publish");

        live.ShouldBe(HttpStatusCode.OK).Get<string>("status").ShouldBe("live");
        live.ETag.ShouldBe("\"2\"");
        (await organizer.GetAsync($"/v1/events/{draft.Id}")).Text.ShouldBe(live.Text);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task Only_a_draft_is_published(string from)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(from);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/publish")).ShouldBeInvalidTransition(from, "publish");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PostAsync($"/v1/events/{id}/publish")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task An_event_that_has_ended_stays_a_draft()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var past = await organizer.PostAsync(
            "/v1/events", Sample.Event().With("""{"startsAt":"2020-01-01T09:00:00Z","endsAt":"2020-01-01T10:00:00Z"}"""));
        past.ShouldBe(HttpStatusCode.Created).Get<string>("lifecycle").ShouldBe("ended");
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{past.Id}/publish")).ShouldBeProblem(HttpStatusCode.Conflict, "event_already_ended");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Of_parallel_requests_one_publishes()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;

        (await Answers.ParallelAsync(20, _ => organizer.PostAsync($"/v1/events/{id}/publish"))).Tally()
            .ShouldBe("1 x 200, 19 x 409 invalid_transition");

        (await tenant.DeedsAsync()).ShouldBe(["event.created", "event.published"]);
    }
}
