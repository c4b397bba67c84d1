using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class DeleteEventTests(TestHost host)
{
    [Fact]
    public async Task A_deleted_event_is_gone_with_its_programs_and_its_place_in_the_quota()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var draft = await organizer.DraftEventAsync();
        var program = await organizer.PostAsync($"/v1/events/{draft.Id}/programs", Sample.Program());

        var deleted = await organizer.DeleteAsync($"/v1/events/{draft.Id}", draft.ETag);

        deleted.ShouldBe(HttpStatusCode.NoContent).Text.ShouldBeEmpty();
        (await organizer.GetAsync($"/v1/events/{draft.Id}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.DeleteAsync($"/v1/events/{draft.Id}", "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.GetAsync($"/v1/events/{draft.Id}/programs")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.GetAsync($"/v1/events/{draft.Id}/registrations")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.PatchAsync($"/v1/programs/{program.Id}", new { room = "Hall 2" }, "*"))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.GetAsync("/v1/events")).Ids().ShouldBeEmpty();
        (await tenant.RowsAsync("programs")).ShouldBe(0);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(0);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task It_stays_as_a_tombstone_that_only_a_delta_shows_and_that_keeps_no_words()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var draft = await organizer.PostAsync("/v1/events", Sample.Event().With("""{"description":"Secret","contactEmail":"hello@example.test"}"""));

        await organizer.DeleteAsync($"/v1/events/{draft.Id}", draft.ETag);

        var tombstone = (await organizer.GetAsync("/v1/events?updatedSince=2020-01-01T00:00:00Z")).Data().Single();
        (tombstone["id"]!.GetValue<Guid>(), tombstone["status"]!.GetValue<string>(), tombstone["version"]!.GetValue<long>())
            .ShouldBe((draft.Id, "deleted", 2));
        (await tenant.Api.QueryAsync<bool>(
            "select description is null and contact_email is null from events where id = $1", draft.Id)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task From_any_status_the_place_is_given_back_once_in_all(string from)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, _) = (await organizer.EventInAsync(from), await organizer.DraftEventAsync());

        (await organizer.DeleteAsync($"/v1/events/{id}", "*")).ShouldBe(HttpStatusCode.NoContent);

        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_ever_had_a_registration_stays(bool cancelled)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var registration = (await organizer.RegisterAsync(id, people: 1))[0];
        if (cancelled) (await organizer.PostAsync($"/v1/registrations/{registration}/cancel")).ShouldBe(HttpStatusCode.OK);
        var before = await tenant.TraceAsync();

        (await organizer.DeleteAsync($"/v1/events/{id}", "*")).ShouldBeProblem(HttpStatusCode.Conflict, "event_has_registrations");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Of_parallel_requests_one_deletes()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (draft, _) = (await organizer.DraftEventAsync(), await organizer.DraftEventAsync());

        (await Answers.ParallelAsync(20, _ => organizer.DeleteAsync($"/v1/events/{draft.Id}", draft.ETag))).Tally()
            .ShouldBe("1 x 204, 19 x 404 not_found");

        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["event.created", "event.created", "event.deleted"]);
    }

    [Fact]
    public async Task Deleting_and_registering_at_once_never_both_succeed()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        for (var round = 0; round < 10; round++)
        {
            var id = await organizer.LiveEventAsync();

            var answers = await Answers.ParallelAsync(4, n => n % 2 == 0
                ? organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())
                : organizer.DeleteAsync($"/v1/events/{id}", "*"));

            answers.Tally().ShouldBeOneOf(
                "1 x 204, 3 x 404 not_found",
                "2 x 201, 2 x 409 event_has_registrations");
        }

        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task A_registration_that_came_first_is_seen_even_by_a_delete_that_waited_for_it()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        Task<Answer> deleting;
        Answer registered;
        await using (var held = await RowLock.TakeAsync(
            host, "select 1 from usage_counters where org_id = $1 and resource = 'events' for update", tenant.Id.Value))
        {
            deleting = organizer.DeleteAsync($"/v1/events/{id}", "*");
            await held.WaitForOneAsync();
            registered = await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee());
        }

        registered.ShouldBe(HttpStatusCode.Created);
        (await deleting).ShouldBeProblem(HttpStatusCode.Conflict, "event_has_registrations");
        await tenant.ShouldBalanceAsync();
    }
}
