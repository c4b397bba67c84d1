using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Programs;

public sealed class ListProgramsTests(TestHost host)
{
    [Fact]
    public async Task Pages_show_every_program_of_the_event_once_newest_first()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = ((await organizer.DraftEventAsync()).Id, (await organizer.DraftEventAsync()).Id);
        await organizer.PostAsync($"/v1/events/{other}/programs", Sample.Program());
        var added = await Answers.ParallelAsync(25, n => organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program($"Talk {n}")));

        var pages = await organizer.PagesAsync($"/v1/events/{id}/programs?limit=10");

        pages.Select(page => page.Ids().Length).ShouldBe([10, 10, 5]);
        pages.SelectMany(page => page.Ids()).Select(i => i.ToString())
            .ShouldBe(added.Select(p => p.Id.ToString()).OrderDescending(StringComparer.Ordinal));
        (await organizer.GetAsync($"/v1/events/{id}/programs")).Ids().Length.ShouldBe(20);
    }

    [Fact]
    public async Task An_event_without_programs_has_an_empty_page()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.GetAsync($"/v1/events/{(await organizer.DraftEventAsync()).Id}/programs")).Text
            .ShouldBe("""{"data":[],"nextCursor":null}""");
    }

    [Theory]
    [InlineData("limit=0", "?limit", "inclusive_between")]
    [InlineData("limit=101", "?limit", "inclusive_between")]
    [InlineData("limit=abc", "?limit", "invalid_value")]
    [InlineData("cursor=abc", "?cursor", "invalid_cursor")]
    public async Task What_does_not_fit_is_refused_never_guessed(string query, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.GetAsync($"/v1/events/{(await organizer.DraftEventAsync()).Id}/programs?{query}")).ShouldBeInvalid(pointer, code);
    }

    [Fact]
    public async Task Another_tenants_event_is_as_unknown_as_a_random_id()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;
        await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program());
        var stranger = await other.OwnerAsync();

        var foreign = await stranger.GetAsync($"/v1/events/{id}/programs");

        foreign.ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await stranger.GetAsync($"/v1/events/{Answers.RandomId()}/programs")).Comparable.ShouldBe(foreign.Comparable);
        (await tenant.Anonymous.GetAsync($"/v1/events/{id}/programs")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
