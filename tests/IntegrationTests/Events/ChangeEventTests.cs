using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class ChangeEventTests(TestHost host)
{
    private const string Full = """
        {"description":"Words","capacity":20,"attendanceMode":"hybrid","venue":{"name":"COEX","address":"Seoul"},
         "onlineUrl":"https://meet.example.test","visibility":"private","timeZone":"Europe/Berlin",
         "salesStartAt":"2035-01-01T00:00:00Z","salesEndAt":"2035-03-01T00:00:00Z","contactEmail":"hello@example.test",
         "translations":{"ko":{"title":"봄 모임","description":"설명"},"de":{"title":"Frühling","description":null}}}
        """;

    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    public async Task What_is_absent_stays_and_what_is_given_changes(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await FullEventAsync(organizer, status);

        var changed = await organizer.PatchAsync($"/v1/events/{before.Id}", new { title = "Autumn Meetup" }, before.ETag);

        changed.ShouldBe(HttpStatusCode.OK).Get<string>("title").ShouldBe("Autumn Meetup");
        Differences(before, changed).ShouldBe(["title", "updatedAt", "version"]);
        changed.Get<long>("version").ShouldBe(before.Get<long>("version") + 1);
        changed.ETag.ShouldBe($"\"{changed.Get<long>("version")}\"");
        (await organizer.GetAsync($"/v1/events/{before.Id}")).Text.ShouldBe(changed.Text);
    }

    [Theory]
    [InlineData("description")]
    [InlineData("capacity")]
    [InlineData("venue")]
    [InlineData("onlineUrl")]
    [InlineData("salesStartAt")]
    [InlineData("salesEndAt")]
    [InlineData("contactEmail")]
    [InlineData("translations")]
    public async Task What_is_null_is_cleared(string member)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await FullEventAsync(organizer);

        var changed = await organizer.PatchAsync($"/v1/events/{before.Id}", new JsonObject { [member] = null }, before.ETag);

        changed.ShouldBe(HttpStatusCode.OK);
        changed.Body!.AsObject().ContainsKey(member).ShouldBeTrue();
        changed.Body[member].ShouldBeNull();
        Differences(before, changed).ShouldBe([member, "updatedAt", "version"], ignoreOrder: true);
        (await organizer.GetAsync($"/v1/events/{before.Id}")).Text.ShouldBe(changed.Text);
    }

    [Fact]
    public async Task A_time_zone_that_is_cleared_is_the_tenants_again()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await FullEventAsync(organizer);

        (await organizer.PatchAsync($"/v1/events/{before.Id}", new { timeZone = (string?)null }, before.ETag))
            .Get<string>("timeZone").ShouldBe("Asia/Seoul");
    }

    [Fact]
    public async Task Members_within_members_are_merged_too()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await FullEventAsync(organizer);

        var changed = await organizer.PatchAsync($"/v1/events/{before.Id}", JsonNode.Parse(
            """{"venue":{"address":null},"translations":{"de":null,"ko":{"description":"새 설명"},"ja":{"title":"春"}}}""")!, before.ETag);

        changed.ShouldBe(HttpStatusCode.OK).Body!["venue"]!.ToJsonString().ShouldBe("""{"name":"COEX","address":null}""");
        var translations = changed.Body!["translations"]!.AsObject();
        translations.Select(t => t.Key).ShouldBe(["ko", "ja"]);
        (translations["ko"]!["title"]!.GetValue<string>(), translations["ko"]!["description"]!.GetValue<string>())
            .ShouldBe(("봄 모임", "새 설명"));
        JsonNode.DeepEquals((await organizer.GetAsync($"/v1/events/{before.Id}")).Body, changed.Body).ShouldBeTrue();
    }

    public static TheoryData<string, string, string> UnfitPatches => new()
    {
        { """{"title":null}""", "/title", "invalid_value" },
        { """{"title":""}""", "/title", "not_empty" },
        { """{"title":["a"]}""", "/title", "invalid_value" },
        { """{"title":{"en":"a"}}""", "/title", "invalid_value" },
        { """{"startsAt":null}""", "/startsAt", "invalid_value" },
        { """{"endsAt":"2035-04-01T09:00:00Z"}""", "/endsAt", "greater_than" },
        { """{"startsAt":"2035-04-02T09:00:00Z"}""", "/endsAt", "greater_than" },
        { """{"salesEndAt":"2034-12-31T00:00:00Z"}""", "/salesEndAt", "greater_than" },
        { """{"salesStartAt":"2035-03-01T00:00:00Z"}""", "/salesEndAt", "greater_than" },
        { """{"capacity":0}""", "/capacity", "inclusive_between" },
        { """{"capacity":2.5}""", "/capacity", "invalid_value" },
        { """{"venue":{"name":null}}""", "/venue/name", "not_empty" },
        { """{"venue":{"floor":3}}""", "/venue/floor", "unknown_member" },
        { """{"translations":{"Korean":{"title":"x"}}}""", "/translations/Korean", "invalid_translation" },
        { """{"status":"live"}""", "/status", "unknown_member" },
        { """{"orgId":"0198c0de-0000-7000-8000-000000000001"}""", "/orgId", "unknown_member" },
        { """{"id":"0198c0de-0000-7000-8000-000000000001"}""", "/id", "unknown_member" },
        { """{"version":9}""", "/version", "unknown_member" },
        { """{"registered":0}""", "/registered", "unknown_member" },
        { """{"slug":"mine"}""", "/slug", "unknown_member" },
        { """{"currency":"USD"}""", "/currency", "unknown_member" },
        { """{"createdAt":null}""", "/createdAt", "unknown_member" },
        { """{"a/b":1}""", "/a~1b", "unknown_member" },
        { """[]""", "", "invalid_value" },
        { """{"title":"a","title":"b"}""", "", "duplicate_member" },
    };

    [Theory]
    [MemberData(nameof(UnfitPatches))]
    public async Task What_does_not_fit_after_the_merge_is_named_and_leaves_no_trace(string patch, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var found = await FullEventAsync(organizer);
        var before = await tenant.TraceAsync();
        using var text = new StringContent(patch, System.Text.Encoding.UTF8, "application/merge-patch+json");

        (await organizer.SendAsync(HttpMethod.Patch, $"/v1/events/{found.Id}", text, ("If-Match", found.ETag!)))
            .ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.GetAsync($"/v1/events/{found.Id}")).Text.ShouldBe(found.Text);
    }

    [Fact]
    public async Task Of_parallel_changes_of_one_version_one_is_made()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var found = await organizer.DraftEventAsync();

        var answers = await Answers.ParallelAsync(
            20, n => organizer.PatchAsync($"/v1/events/{found.Id}", new { title = $"Title {n}" }, found.ETag));

        answers.Tally().ShouldBe("1 x 200, 19 x 412 precondition_failed");
        var now = await organizer.GetAsync($"/v1/events/{found.Id}");
        now.Text.ShouldBe(answers.Single(a => a.Status is HttpStatusCode.OK).Text);
        now.ETag.ShouldBe("\"2\"");
        (await tenant.DeedsAsync()).ShouldBe(["event.created", "event.changed"]);
    }

    [Fact]
    public async Task Capacity_cannot_fall_below_those_who_are_registered()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 5);
        await organizer.RegisterAsync(id, people: 3);
        var before = await tenant.TraceAsync();

        var refused = await organizer.PatchAsync($"/v1/events/{id}", new { capacity = 2 }, "\"2\"");

        refused.ShouldBeProblem(HttpStatusCode.Conflict, "capacity_below_registered");
        (refused.Get<int>("capacity"), refused.Get<int>("registered")).ShouldBe((2, 3));
        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.PatchAsync($"/v1/events/{id}", new { capacity = 3 }, "\"2\"")).ShouldBe(HttpStatusCode.OK);
        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBeProblem(HttpStatusCode.Conflict, "sold_out");
        (await organizer.PatchAsync($"/v1/events/{id}", new { capacity = (int?)null }, "\"3\"")).ShouldBe(HttpStatusCode.OK);
        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Capacity_that_falls_while_people_register_never_ends_below_them()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 20);

        var registering = Answers.ParallelAsync(20, _ => organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee()));
        var changing = Answers.ParallelAsync(10, n => organizer.PatchAsync($"/v1/events/{id}", new { capacity = n + 1 }, "*"));
        await Task.WhenAll(registering, changing);

        (await registering).ShouldAllBe(a => a.Status == HttpStatusCode.Created || a.Code == "sold_out");
        (await changing).ShouldAllBe(a => a.Status == HttpStatusCode.OK || a.Code == "capacity_below_registered");
        var now = await organizer.GetAsync($"/v1/events/{id}");
        now.Get<int>("registered").ShouldBeLessThanOrEqualTo(now.Get<int>("capacity"));
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [InlineData("""{"startsAt":"2035-04-01T09:00:00.000001Z"}""")]
    [InlineData("""{"endsAt":"2035-04-01T09:59:59Z"}""")]
    public async Task Dates_cannot_leave_a_program_outside(string patch)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var found = await organizer.DraftEventAsync();
        (await organizer.PostAsync($"/v1/events/{found.Id}/programs", Sample.Program())).ShouldBe(HttpStatusCode.Created);
        var before = await tenant.TraceAsync();

        (await organizer.PatchAsync($"/v1/events/{found.Id}", JsonNode.Parse(patch)!, found.ETag))
            .ShouldBeProblem(HttpStatusCode.Conflict, "programs_outside_event");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.PatchAsync($"/v1/events/{found.Id}", new { endsAt = "2035-04-01T10:00:00Z" }, found.ETag))
            .ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task What_is_over_is_not_changed(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(status);
        var before = await tenant.TraceAsync();

        (await organizer.PatchAsync($"/v1/events/{id}", new { title = "Changed" }, "*")).ShouldBeInvalidTransition(status, "change");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PatchAsync($"/v1/events/{id}", new { title = "Changed" }, "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private static async Task<Answer> FullEventAsync(ApiClient organizer, string status = "draft")
    {
        var created = await organizer.PostAsync("/v1/events", Sample.Event().With(Full));
        created.ShouldBe(HttpStatusCode.Created);
        if (status == "live") (await organizer.PostAsync($"/v1/events/{created.Id}/publish")).ShouldBe(HttpStatusCode.OK);
        return await organizer.GetAsync($"/v1/events/{created.Id}");
    }

    private static List<string> Differences(Answer before, Answer after) =>
        [.. after.Body!.AsObject().Where(m => !JsonNode.DeepEquals(m.Value, before.Body![m.Key])).Select(m => m.Key).Order(StringComparer.Ordinal)];
}
