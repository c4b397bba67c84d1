using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class ListEventsTests(TestHost host)
{
    [Fact]
    public async Task Pages_show_every_event_of_the_tenant_once_newest_first_and_nobody_elses()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (organizer, stranger) = (await tenant.OrganizerAsync(), await other.OrganizerAsync());
        var foreign = await stranger.DraftEventAsync();
        var created = await Answers.ParallelAsync(45, _ => organizer.DraftEventAsync());
        var newestFirst = created.Select(e => e.Id.ToString()).OrderDescending(StringComparer.Ordinal);

        var pages = await organizer.PagesAsync("/v1/events?limit=20");

        pages.Select(page => page.Ids().Length).ShouldBe([20, 20, 5]);
        pages.SelectMany(page => page.Ids()).Select(id => id.ToString()).ShouldBe(newestFirst);
        pages[^1].Text.ShouldContain("\"nextCursor\":null");
        (await organizer.GetAsync("/v1/events")).Ids().ShouldBe(pages[0].Ids(), "20 is the default");
        (await stranger.GetAsync("/v1/events")).Ids().ShouldBe([foreign.Id]);
        (await stranger.GetAsync($"/v1/events?cursor={pages[0].NextCursor()}")).Ids()
            .ShouldBeSubsetOf([foreign.Id], "a cursor is a place, not a key");
    }

    [Fact]
    public async Task A_page_that_is_just_full_is_the_last_and_an_insert_moves_nothing()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var ids = new List<Guid>();
        for (var n = 0; n < 4; n++) ids.Insert(0, (await organizer.DraftEventAsync()).Id);

        var first = await organizer.GetAsync("/v1/events?limit=2");
        await organizer.DraftEventAsync();
        var second = await organizer.GetAsync($"/v1/events?limit=2&cursor={first.NextCursor()}");

        first.Ids().Concat(second.Ids()).ShouldBe(ids);
        second.NextCursor().ShouldBeNull();
    }

    [Fact]
    public async Task An_item_says_what_the_event_says()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var created = await organizer.DraftEventAsync(capacity: 20);

        var item = (await organizer.GetAsync("/v1/events")).Data().Single().AsObject();

        foreach (var (name, value) in item) value!.ToJsonString().ShouldBe(created.Body![name]!.ToJsonString(), name);
        item.ContainsKey("description").ShouldBeFalse("a list is a summary");
    }

    [Fact]
    public async Task A_tenant_without_events_gets_an_empty_page()
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OrganizerAsync()).GetAsync("/v1/events")).Text.ShouldBe("""{"data":[],"nextCursor":null}""");
    }

    [Theory]
    [InlineData("limit=0", "?limit", "inclusive_between")]
    [InlineData("limit=-1", "?limit", "inclusive_between")]
    [InlineData("limit=101", "?limit", "inclusive_between")]
    [InlineData("limit=abc", "?limit", "invalid_value")]
    [InlineData("LIMIT=abc", "?limit", "invalid_value")]
    [InlineData("limit=99999999999", "?limit", "invalid_value")]
    [InlineData("updatedSince=yesterday", "?updatedSince", "invalid_value")]
    [InlineData("limit=5&updatedSince=yesterday", "?updatedSince", "invalid_value")]
    [InlineData("cursor=", "?cursor", "invalid_cursor")]
    [InlineData("cursor=abc", "?cursor", "invalid_cursor")]
    [InlineData("cursor=%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21", "?cursor", "invalid_cursor")]
    [InlineData("cursor=________________________________", "?cursor", "invalid_cursor")]
    public async Task What_does_not_fit_is_refused_never_guessed(string query, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OrganizerAsync()).GetAsync($"/v1/events?{query}")).ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task Changes_since_come_oldest_first_with_tombstones_and_nobody_elses()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (organizer, stranger) = (await tenant.OrganizerAsync(), await other.OrganizerAsync());
        var events = new List<Answer>();
        for (var n = 0; n < 3; n++) events.Add(await organizer.DraftEventAsync());
        var seen = events[2].Get<string>("updatedAt");
        await stranger.EventInAsync("deleted");
        await stranger.LiveEventAsync();

        await organizer.PatchAsync($"/v1/events/{events[1].Id}", new { title = "Changed" }, events[1].ETag);
        await organizer.DeleteAsync($"/v1/events/{events[0].Id}", events[0].ETag);
        var changes = await organizer.GetAsync($"/v1/events?updatedSince={seen}");

        changes.Data().Select(e => (e["id"]!.GetValue<Guid>(), e["status"]!.GetValue<string>(), e["version"]!.GetValue<long>())).ShouldBe(
            [(events[2].Id, "draft", 1), (events[1].Id, "draft", 2), (events[0].Id, "deleted", 2)]);
        (await organizer.GetAsync("/v1/events")).Ids().ShouldBe([events[2].Id, events[1].Id], "only a delta shows tombstones");
        (await organizer.GetAsync("/v1/events?updatedSince=2100-01-01T00:00:00Z")).Ids().ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_since_come_in_pages_each_once_even_of_one_instant()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        await (await other.OrganizerAsync()).DraftEventAsync();
        await Answers.ParallelAsync(25, _ => organizer.DraftEventAsync());
        await organizer.EventInAsync("deleted");
        // Half of them at one instant: the id must break the tie.
        await host.Api.ExecuteAsync(
            "update events set updated_at = '2031-01-01' where org_id = $1 and get_byte(uuid_send(id), 15) < 128", tenant.Id.Value);

        var pages = await organizer.PagesAsync("/v1/events?limit=4&updatedSince=2020-01-01T00:00:00%2B09:00");

        var rows = pages.SelectMany(page => page.Data()).ToList();
        rows.Select(e => e["id"]!.GetValue<Guid>()).Distinct().Count().ShouldBe(26);
        rows.Count.ShouldBe(26);
        rows.Count(e => e["status"]!.GetValue<string>() == "deleted").ShouldBe(1);
        rows.Select(e => (e["updatedAt"]!.GetValue<DateTimeOffset>(), e["id"]!.GetValue<string>())).ToList()
            .ShouldBeInOrder(SortDirection.Ascending, Comparer<(DateTimeOffset At, string Id)>.Create((a, b) =>
                a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Id, b.Id)));
    }

    [Fact]
    public async Task Without_a_token_of_this_tenant_it_is_refused_always_alike()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var stranger = tenant.Anonymous.With((await other.OwnerAsync()).Token);

        var nobody = await tenant.Anonymous.GetAsync("/v1/events");

        nobody.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await stranger.GetAsync("/v1/events")).Comparable.ShouldBe(nobody.Comparable);
    }
}
