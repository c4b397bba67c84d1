using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Categories;

/// <summary>What a tenant sorts its events by; who may is CommandPolicyTests' affair.</summary>
public sealed class CategoryTests(TestHost host)
{
    [Fact]
    public async Task They_are_made_listed_renamed_and_deleted()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        var talks = await MakeAsync(organizer, "Talks");
        var labs = await MakeAsync(organizer, "실습 <1>");

        (talks.ETag, talks.Headers.Location!.ToString()).ShouldBe(("\"1\"", $"/v1/categories/{talks.Id}"));
        (await organizer.GetAsync("/v1/categories")).Data().Select(c => c["name"]!.GetValue<string>()).ShouldBe(["실습 <1>", "Talks"]);
        var pages = await organizer.PagesAsync("/v1/categories?limit=1");
        pages.SelectMany(page => page.Ids()).ShouldBe([labs.Id, talks.Id]);
        var renamed = (await organizer.PatchAsync($"/v1/categories/{talks.Id}", new { name = "Keynotes" }, "\"1\"")).ShouldBe(HttpStatusCode.OK);
        (renamed.Get<string>("name"), renamed.ETag).ShouldBe(("Keynotes", "\"2\""));
        (await organizer.DeleteAsync($"/v1/categories/{talks.Id}", "\"2\"")).ShouldBe(HttpStatusCode.NoContent);
        (await organizer.GetAsync("/v1/categories")).Ids().ShouldBe([labs.Id]);
    }

    [Fact]
    public async Task A_name_is_taken_once_in_a_tenant_and_as_often_as_there_are_tenants()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var labs = await MakeAsync(organizer, "Labs");
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync("/v1/categories", new { name = "Labs" })).ShouldBeProblem(HttpStatusCode.Conflict, "category_name_taken");
        (await tenant.TraceAsync()).ShouldBe(before);
        var talks = await MakeAsync(organizer, "Talks");
        (await organizer.PatchAsync($"/v1/categories/{talks.Id}", new { name = "Labs" }, "*")).ShouldBeProblem(HttpStatusCode.Conflict, "category_name_taken");
        await MakeAsync(await other.OrganizerAsync(), "Labs");
        (await Answers.ParallelAsync(8, _ => organizer.PostAsync("/v1/categories", new { name = "Dinners" }))).Tally()
            .ShouldBe("1 x 201, 7 x 409 category_name_taken");
        labs.Id.ShouldNotBe(talks.Id);
    }

    [Theory]
    [InlineData("", "not_empty")]
    [InlineData("\u0001", "control_character")]
    public async Task A_name_that_is_none_is_refused(string name, string code)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.PostAsync("/v1/categories", new { name })).ShouldBeInvalid("/name", code);
        (await organizer.PostAsync("/v1/categories", new { name = new string('x', 81) })).ShouldBeInvalid("/name", "maximum_length");
    }

    [Fact]
    public async Task An_event_has_one_of_its_own_tenant_or_none()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var (own, foreign) = (await MakeAsync(organizer, "Labs"), await MakeAsync(await other.OrganizerAsync(), "Labs"));
        var before = await tenant.TraceAsync();

        var refused = await organizer.PostAsync("/v1/events", WithCategory(foreign.Id));
        var unknown = await organizer.PostAsync("/v1/events", WithCategory(Answers.RandomId()));

        refused.ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "unknown_category").Comparable.ShouldBe(unknown.Comparable);
        (await tenant.TraceAsync()).ShouldBe(before);
        var made = (await organizer.PostAsync("/v1/events", WithCategory(own.Id))).ShouldBe(HttpStatusCode.Created);
        made.Get<Guid>("categoryId").ShouldBe(own.Id);
        (await organizer.PatchAsync($"/v1/events/{made.Id}", new { categoryId = foreign.Id }, "*"))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "unknown_category");
        (await organizer.PatchAsync($"/v1/events/{made.Id}", new { categoryId = (Guid?)null }, "*")).ShouldBe(HttpStatusCode.OK)
            .Body!["categoryId"].ShouldBeNull();
    }

    [Fact]
    public async Task Deleting_it_leaves_its_events_without_one_and_those_who_sync_see_it()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var category = await MakeAsync(organizer, "Labs");
        var labelled = (await organizer.PostAsync("/v1/events", WithCategory(category.Id))).ShouldBe(HttpStatusCode.Created);
        var plain = await organizer.DraftEventAsync();

        (await organizer.DeleteAsync($"/v1/categories/{category.Id}", category.ETag)).ShouldBe(HttpStatusCode.NoContent);

        var after = (await organizer.GetAsync($"/v1/events/{labelled.Id}")).ShouldBe(HttpStatusCode.OK);
        (after.Body!["categoryId"], after.ETag).ShouldBe((null, "\"2\""));
        (await organizer.GetAsync($"/v1/events/{plain.Id}")).ETag.ShouldBe("\"1\"");
    }

    /// <summary>Whoever comes first: the event has the category, or the category is gone; never an error of the server.</summary>
    [Fact]
    public async Task Taking_and_deleting_at_once_end_in_one_or_the_other()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        for (var n = 0; n < 10; n++)
        {
            var category = await MakeAsync(organizer, $"Labs {n}");

            var answers = await Answers.ParallelAsync(8, turn => turn == 4
                ? organizer.DeleteAsync($"/v1/categories/{category.Id}", "*")
                : organizer.PostAsync("/v1/events", WithCategory(category.Id)));

            answers.ShouldAllBe(a => a.Status == HttpStatusCode.Created || a.Status == HttpStatusCode.NoContent
                || a.Code == "unknown_category" || a.Code == "category_in_use");
            var isGone = answers[4].Status == HttpStatusCode.NoContent;
            (await tenant.Api.QueryAsync<long>("select count(*) from events where org_id = $1 and category_id = $2", tenant.Id.Value, category.Id) == 0)
                .ShouldBe(isGone || answers.All(a => a.Status != HttpStatusCode.Created));
        }
    }

    private static async Task<Answer> MakeAsync(ApiClient organizer, string name) =>
        (await organizer.PostAsync("/v1/categories", new { name })).ShouldBe(HttpStatusCode.Created);

    private static System.Text.Json.Nodes.JsonObject WithCategory(Guid id) => Sample.Event().With($$"""{"categoryId":"{{id}}"}""");
}
