using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Registrations;

public sealed class CancelRegistrationTests(TestHost host)
{
    [Fact]
    public async Task The_place_is_free_again()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 1);
        var registration = (await organizer.RegisterAsync(id, people: 1))[0];

        var cancelled = await organizer.PostAsync($"/v1/registrations/{registration}/cancel");

        cancelled.ShouldBe(HttpStatusCode.OK).Get<string>("status").ShouldBe("cancelled");
        cancelled.Get<string>("cancelledAt").ShouldBe(cancelled.Get<string>("updatedAt"));
        cancelled.ETag.ShouldBe("\"2\"");
        (await organizer.GetAsync($"/v1/registrations/{registration}")).Text.ShouldBe(cancelled.Text);
        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(0);
        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBe(HttpStatusCode.Created);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Parallel_requests_give_the_place_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var people = await organizer.RegisterAsync(id, people: 3);

        (await Answers.ParallelAsync(20, _ => organizer.PostAsync($"/v1/registrations/{people[0]}/cancel"))).Tally()
            .ShouldBe("1 x 200, 19 x 409 invalid_transition");

        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(2);
        (await organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(2);
        (await tenant.DeedsAsync()).Count(deed => deed == "registration.cancelled").ShouldBe(1);
    }

    [Fact]
    public async Task A_cancelled_registration_is_not_cancelled_again()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var registration = (await organizer.RegisterAsync(await organizer.LiveEventAsync(), people: 1))[0];
        (await organizer.PostAsync($"/v1/registrations/{registration}/cancel")).ShouldBe(HttpStatusCode.OK);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/registrations/{registration}/cancel")).ShouldBeInvalidTransition("cancelled", "cancel");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task On_a_cancelled_event_the_participant_is_given_back()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var people = await organizer.RegisterAsync(id, people: 2);
        await organizer.PostAsync($"/v1/events/{id}/cancel");

        (await organizer.PostAsync($"/v1/registrations/{people[0]}/cancel")).ShouldBe(HttpStatusCode.OK);

        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(1);
        (await organizer.PostAsync($"/v1/events/{id}/archive")).ShouldBe(HttpStatusCode.OK);
        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(0);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task On_an_archived_event_nothing_is_given_back_twice()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        var people = await organizer.RegisterAsync(id, people: 2);
        await organizer.RegisterAsync(other, people: 2);
        await organizer.PostAsync($"/v1/events/{id}/archive");

        (await organizer.PostAsync($"/v1/registrations/{people[0]}/cancel")).ShouldBe(HttpStatusCode.OK);

        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(2, "those of the other event");
        (await organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(1);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Archiving_at_the_same_time_gives_each_participant_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await organizer.RegisterAsync(await organizer.LiveEventAsync(), people: 3);
        for (var round = 0; round < 5; round++)
        {
            var id = await organizer.LiveEventAsync();
            var people = await organizer.RegisterAsync(id, people: 6);

            (await Answers.ParallelAsync(7, n => organizer.PostAsync(
                n == 3 ? $"/v1/events/{id}/archive" : $"/v1/registrations/{people[n > 3 ? n - 1 : n]}/cancel"))).Tally().ShouldBe("7 x 200");

            (await tenant.UsedAsync(Quota.Participants)).ShouldBe(3);
            await tenant.ShouldBalanceAsync();
        }
    }
}
