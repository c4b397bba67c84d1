using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.EventTemplates;

/// <summary>What new events are made from; who may is CommandPolicyTests' affair.</summary>
public sealed class EventTemplateTests(TestHost host)
{
    private const string Path = "/v1/event-templates";

    [Fact]
    public async Task They_are_made_listed_changed_and_deleted()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var category = (await organizer.PostAsync("/v1/categories", new { name = "Talks" })).ShouldBe(HttpStatusCode.Created).Id;
        var full = (await organizer.PostAsync(Path, Full(category))).ShouldBe(HttpStatusCode.Created);
        var bare = await MakeAsync(organizer, "실습");

        (full.ETag, full.Headers.Location!.ToString()).ShouldBe(("\"1\"", $"{Path}/{full.Id}"));
        foreach (var (member, value) in Full(category).AsObject())
            JsonNode.DeepEquals(full.Body![member], value).ShouldBeTrue(member);
        (bare.Get<int>("durationMinutes"), bare.Get<string>("attendanceMode"), bare.Get<string>("visibility")).ShouldBe((180, "in_person", "public"));
        (await organizer.PagesAsync($"{Path}?limit=1")).SelectMany(page => page.Ids()).ShouldBe([bare.Id, full.Id]);
        JsonNode.DeepEquals((await organizer.GetAsync(Path)).Data()[1], full.Body).ShouldBeTrue();
        var changed = (await organizer.PatchAsync($"{Path}/{full.Id}", new { venue = (object?)null, capacity = 9 }, "\"1\"")).ShouldBe(HttpStatusCode.OK);
        (changed.Body!["venue"], changed.Get<int>("capacity"), changed.Get<string>("title"), changed.ETag).ShouldBe((null, 9, "Meetup", "\"2\""));
        (await organizer.DeleteAsync($"{Path}/{full.Id}", "\"2\"")).ShouldBe(HttpStatusCode.NoContent);
        (await organizer.GetAsync(Path)).Ids().ShouldBe([bare.Id]);
    }

    [Fact]
    public async Task A_name_is_taken_once_in_a_tenant_and_as_often_as_there_are_tenants()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        await MakeAsync(organizer, "Labs");
        var talks = await MakeAsync(organizer, "Talks");
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync(Path, Sample.EventTemplate("Labs"))).ShouldBeProblem(HttpStatusCode.Conflict, "event_template_name_taken");
        (await organizer.PatchAsync($"{Path}/{talks.Id}", new { name = "Labs" }, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "event_template_name_taken");
        (await tenant.TraceAsync()).ShouldBe(before);
        await MakeAsync(await other.OrganizerAsync(), "Labs");
        (await Answers.ParallelAsync(8, _ => organizer.PostAsync(Path, Sample.EventTemplate("Dinners")))).Tally()
            .ShouldBe("1 x 201, 7 x 409 event_template_name_taken");
    }

    [Theory]
    [InlineData("""{"name":" "}""", "/name", "not_empty")]
    [InlineData("""{"title":""}""", "/title", "not_empty")]
    [InlineData("""{"title":"a\u0001"}""", "/title", "control_character")]
    [InlineData("""{"durationMinutes":0}""", "/durationMinutes", "inclusive_between")]
    [InlineData("""{"durationMinutes":43201}""", "/durationMinutes", "inclusive_between")]
    [InlineData("""{"capacity":0}""", "/capacity", "inclusive_between")]
    [InlineData("""{"venue":{"name":""}}""", "/venue/name", "not_empty")]
    [InlineData("""{"onlineUrl":"http://x.test"}""", "/onlineUrl", "not_https")]
    [InlineData("""{"contactEmail":"nobody"}""", "/contactEmail", "not_an_email")]
    [InlineData("""{"startsAt":"2035-04-01T09:00:00Z"}""", "/startsAt", "unknown_member")]
    public async Task What_does_not_fit_is_refused_when_it_is_made_and_when_it_is_changed(string part, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var made = await MakeAsync(organizer, "Talks");
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync(Path, Sample.EventTemplate("Labs").With(part))).ShouldBeInvalid(pointer, code);
        (await organizer.PatchAsync($"{Path}/{made.Id}", JsonNode.Parse(part)!, "*")).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Its_category_is_one_of_its_own_tenant_or_none_and_goes_with_it()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var own = (await organizer.PostAsync("/v1/categories", new { name = "Talks" })).ShouldBe(HttpStatusCode.Created);
        var foreign = (await (await other.OrganizerAsync()).PostAsync("/v1/categories", new { name = "Talks" })).ShouldBe(HttpStatusCode.Created).Id;
        var made = (await organizer.PostAsync(Path, Full(own.Id))).ShouldBe(HttpStatusCode.Created);
        var before = await tenant.TraceAsync();

        var refused = await organizer.PostAsync(Path, Full(foreign, "Another"));
        refused.ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "unknown_category").Comparable
            .ShouldBe((await organizer.PostAsync(Path, Full(Answers.RandomId(), "Another"))).Comparable);
        (await organizer.PatchAsync($"{Path}/{made.Id}", new { categoryId = foreign }, "*"))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "unknown_category");
        (await tenant.TraceAsync()).ShouldBe(before);

        (await organizer.DeleteAsync($"/v1/categories/{own.Id}", own.ETag)).ShouldBe(HttpStatusCode.NoContent);
        var after = (await organizer.GetAsync(Path)).Data().ShouldHaveSingleItem()!;
        (after["categoryId"], after["version"]!.GetValue<long>()).ShouldBe((null, 2));
    }

    [Fact]
    public async Task Another_tenant_sees_nothing_of_it()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var made = await MakeAsync(await tenant.OrganizerAsync(), "Labs");
        var stranger = await other.OrganizerAsync();

        (await stranger.GetAsync(Path)).Ids().ShouldBeEmpty();
        (await stranger.PatchAsync($"{Path}/{made.Id}", new { title = "Mine" }, "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await stranger.DeleteAsync($"{Path}/{made.Id}", "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private static async Task<Answer> MakeAsync(ApiClient organizer, string name) =>
        (await organizer.PostAsync(Path, Sample.EventTemplate(name))).ShouldBe(HttpStatusCode.Created);

    private static JsonNode Full(Guid category, string name = "Monthly meetup") => JsonNode.Parse($$"""
        {"name":"{{name}}","title":"Meetup","description":"Come.","durationMinutes":90,"capacity":60,
         "attendanceMode":"hybrid","venue":{"name":"COEX","address":"Seoul"},"onlineUrl":"https://meet.test/x",
         "visibility":"unlisted","contactEmail":"hello@acme.test","categoryId":"{{category}}"}
        """)!;
}
