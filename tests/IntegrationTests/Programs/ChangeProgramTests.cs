using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Programs;

public sealed class ChangeProgramTests(TestHost host)
{
    [Fact]
    public async Task What_is_absent_stays_what_is_null_is_cleared_and_what_is_given_changes()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, added) = await ProgramAsync(organizer, """{"room":"Hall 1","track":"Main","capacity":5,"selectable":true}""");

        var changed = await organizer.PatchAsync(
            $"/v1/programs/{added.Id}", new { room = "Hall 2", capacity = (int?)null }, added.ETag);

        changed.ShouldBe(HttpStatusCode.OK).ETag.ShouldBe("\"2\"");
        (changed.Get<string>("room"), changed.Body!["capacity"], changed.Get<string>("track"), changed.Get<bool>("selectable"), changed.Get<string>("title"))
            .ShouldBe(("Hall 2", null, "Main", true, added.Get<string>("title")));
        (await organizer.GetAsync($"/v1/events/{id}/programs")).Data().Single().ToJsonString().ShouldBe(changed.Body.ToJsonString());
    }

    [Fact]
    public async Task Of_parallel_changes_of_one_version_one_is_made()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (_, added) = await ProgramAsync(organizer);

        (await Answers.ParallelAsync(20, n => organizer.PatchAsync($"/v1/programs/{added.Id}", new { room = $"Hall {n}" }, added.ETag)))
            .Tally().ShouldBe("1 x 200, 19 x 412 precondition_failed");

        (await tenant.DeedsAsync()).Count(deed => deed == "program.changed").ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"title":null}""", "/title", "invalid_value")]
    [InlineData("""{"title":""}""", "/title", "not_empty")]
    [InlineData("""{"endsAt":"2035-04-01T09:00:00Z"}""", "/endsAt", "greater_than")]
    [InlineData("""{"startsAt":"2035-04-01T11:00:00Z"}""", "/endsAt", "greater_than")]
    [InlineData("""{"capacity":0}""", "/capacity", "inclusive_between")]
    [InlineData("""{"selectable":null}""", "/selectable", "invalid_value")]
    [InlineData("""{"eventId":"0198c0de-0000-7000-8000-000000000001"}""", "/eventId", "unknown_member")]
    [InlineData("""{"orgId":"0198c0de-0000-7000-8000-000000000001"}""", "/orgId", "unknown_member")]
    [InlineData("""{"version":7}""", "/version", "unknown_member")]
    public async Task What_does_not_fit_after_the_merge_is_named_and_leaves_no_trace(string patch, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, added) = await ProgramAsync(organizer);
        var before = await tenant.TraceAsync();

        (await organizer.PatchAsync($"/v1/programs/{added.Id}", JsonNode.Parse(patch)!, added.ETag)).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.GetAsync($"/v1/events/{id}/programs")).Data().Single().ToJsonString().ShouldBe(added.Body!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"startsAt":"2035-04-01T08:59:59Z"}""")]
    [InlineData("""{"endsAt":"2035-04-01T17:00:01Z"}""")]
    public async Task A_program_does_not_leave_its_event(string patch)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (_, added) = await ProgramAsync(organizer);
        var before = await tenant.TraceAsync();

        (await organizer.PatchAsync($"/v1/programs/{added.Id}", JsonNode.Parse(patch)!, added.ETag))
            .ShouldBeProblem(HttpStatusCode.Conflict, "program_outside_event");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("publish", "archive")]
    public async Task A_closed_events_program_stays_as_it_is(params string[] steps)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, added) = await ProgramAsync(organizer);
        foreach (var step in steps) (await organizer.PostAsync($"/v1/events/{id}/{step}")).ShouldBe(HttpStatusCode.OK);
        var before = await tenant.TraceAsync();

        (await organizer.PatchAsync($"/v1/programs/{added.Id}", new { room = "Hall 2" }, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "event_closed");
        (await organizer.DeleteAsync($"/v1/programs/{added.Id}", "*")).ShouldBeProblem(HttpStatusCode.Conflict, "event_closed");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.GetAsync($"/v1/events/{id}/programs")).Ids().ShouldBe([added.Id]);
    }

    private static async Task<(Guid EventId, Answer Added)> ProgramAsync(ApiClient organizer, string change = "{}")
    {
        var id = (await organizer.DraftEventAsync()).Id;
        return (id, (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program().With(change))).ShouldBe(HttpStatusCode.Created));
    }
}
