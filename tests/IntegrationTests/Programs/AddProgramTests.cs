using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Programs;

public sealed class AddProgramTests(TestHost host)
{
    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    public async Task A_program_is_added_with_its_location_and_tag(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(status);

        var added = await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program().With(
            """{"room":"Hall 1","track":"Main","capacity":1000000,"selectable":true}"""));

        added.ShouldBe(HttpStatusCode.Created);
        added.Headers.Location!.ToString().ShouldBe($"/v1/programs/{added.Id}");
        added.ETag.ShouldBe("\"1\"");
        added.Get<Guid>("eventId").ShouldBe(id);
        (added.Get<string>("room"), added.Get<string>("track"), added.Get<int>("capacity"), added.Get<bool>("selectable"))
            .ShouldBe(("Hall 1", "Main", 1_000_000, true));
        (await organizer.GetAsync($"/v1/events/{id}/programs")).Data().Single().ToJsonString().ShouldBe(added.Body!.ToJsonString());
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task A_closed_event_takes_no_programs(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(status);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program())).ShouldBeProblem(HttpStatusCode.Conflict, "event_closed");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program())).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("""{"startsAt":"2035-04-01T08:59:59Z"}""")]
    [InlineData("""{"endsAt":"2035-04-01T17:00:01Z"}""")]
    public async Task A_program_lies_within_its_event(string change)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program().With(change)))
            .ShouldBeProblem(HttpStatusCode.Conflict, "program_outside_event");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program().With("""{"endsAt":"2035-04-02T02:00:00+09:00"}""")))
            .ShouldBe(HttpStatusCode.Created);
    }

    public static TheoryData<string, string, string> UnfitContents => new()
    {
        { """{"title":""}""", "/title", "not_empty" },
        { """{"title":null}""", "/title", "invalid_value" },
        { """{"title":"a\u0007b"}""", "/title", "control_character" },
        { $$"""{"title":"{{new string('x', 201)}}"}""", "/title", "maximum_length" },
        { """{"endsAt":"2035-04-01T09:00:00Z"}""", "/endsAt", "greater_than" },
        { """{"endsAt":"2035-04-01T09:00:00.0000009Z"}""", "/endsAt", "greater_than" }, // less than PostgreSQL can tell apart
        { """{"startsAt":"2035-04-01"}""", "/startsAt", "invalid_value" },
        { $$"""{"room":"{{new string('x', 101)}}"}""", "/room", "maximum_length" },
        { $$"""{"track":"{{new string('x', 101)}}"}""", "/track", "maximum_length" },
        { """{"room":"a\u0007b"}""", "/room", "control_character" },
        { """{"capacity":0}""", "/capacity", "inclusive_between" },
        { """{"capacity":1000001}""", "/capacity", "inclusive_between" },
        { """{"selectable":"yes"}""", "/selectable", "invalid_value" },
        { """{"id":"0198c0de-0000-7000-8000-000000000001"}""", "/id", "unknown_member" },
        { """{"orgId":"0198c0de-0000-7000-8000-000000000001"}""", "/orgId", "unknown_member" },
        { """{"eventId":"0198c0de-0000-7000-8000-000000000001"}""", "/eventId", "unknown_member" },
        { """{"version":7}""", "/version", "unknown_member" },
    };

    [Theory]
    [MemberData(nameof(UnfitContents), DisableDiscoveryEnumeration = true)]
    public async Task What_does_not_fit_is_named_and_leaves_no_trace(string change, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program().With(change))).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Adding_programs_while_the_event_shrinks_leaves_none_outside()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        for (var round = 0; round < 5; round++)
        {
            var id = (await organizer.DraftEventAsync()).Id;

            var answers = await Answers.ParallelAsync(8, n => n % 2 == 0
                ? organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program())
                : organizer.PatchAsync($"/v1/events/{id}", new { startsAt = "2035-04-01T12:00:00Z" }, "*"));

            answers.Tally().ShouldBeOneOf(
                "4 x 200, 4 x 409 program_outside_event",
                "4 x 201, 4 x 409 programs_outside_event");
        }
    }
}
