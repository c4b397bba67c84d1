using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Registrations;

public sealed class ListRegistrationsTests(TestHost host)
{
    [Fact]
    public async Task Pages_show_everybody_of_the_event_once_newest_first()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        await organizer.RegisterAsync(other, people: 1);
        var entered = await Answers.ParallelAsync(25, n => organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee($"Guest {n}")));

        var pages = await organizer.PagesAsync($"/v1/events/{id}/registrations?limit=10");

        pages.Select(page => page.Ids().Length).ShouldBe([10, 10, 5]);
        pages.SelectMany(page => page.Ids()).Select(i => i.ToString())
            .ShouldBe(entered.Select(r => r.Id.ToString()).OrderDescending(StringComparer.Ordinal));
        (await organizer.GetAsync($"/v1/events/{id}/registrations")).Ids().Length.ShouldBe(20);
    }

    [Fact]
    public async Task Changes_since_come_oldest_first_in_pages_with_those_who_cancelled()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (id, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        var people = await organizer.RegisterAsync(id, people: 5);
        var seen = (await organizer.GetAsync($"/v1/registrations/{people[4]}")).Get<string>("updatedAt");
        await organizer.RegisterAsync(other, people: 1);
        foreach (var n in new[] { 2, 0 }) await organizer.PostAsync($"/v1/registrations/{people[n]}/cancel");

        var pages = await organizer.PagesAsync($"/v1/events/{id}/registrations?limit=2&updatedSince={seen}");

        pages.SelectMany(page => page.Data()).Select(r => (r["id"]!.GetValue<Guid>(), r["status"]!.GetValue<string>())).ShouldBe(
            [(people[4], "active"), (people[2], "cancelled"), (people[0], "cancelled")]);
        pages.Count.ShouldBe(2);
        (await organizer.GetAsync($"/v1/events/{id}/registrations?updatedSince=2100-01-01T00:00:00Z")).Ids().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("limit=0", "?limit", "inclusive_between")]
    [InlineData("limit=101", "?limit", "inclusive_between")]
    [InlineData("limit=abc", "?limit", "invalid_value")]
    [InlineData("cursor=abc", "?cursor", "invalid_cursor")]
    [InlineData("limit=5&updatedSince=yesterday", "?updatedSince", "invalid_value")]
    public async Task What_does_not_fit_is_refused_never_guessed(string query, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.GetAsync($"/v1/events/{await organizer.LiveEventAsync()}/registrations?{query}")).ShouldBeInvalid(pointer, code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?updatedSince=2020-01-01T00:00:00Z")]
    public async Task Another_tenants_event_is_as_unknown_as_a_random_id(string query)
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        await organizer.RegisterAsync(id, people: 1);
        var stranger = await other.OwnerAsync();

        var foreign = await stranger.GetAsync($"/v1/events/{id}/registrations{query}");

        foreign.ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await stranger.GetAsync($"/v1/events/{Answers.RandomId()}/registrations{query}")).Comparable.ShouldBe(foreign.Comparable);
        (await tenant.Anonymous.GetAsync($"/v1/events/{id}/registrations{query}")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await organizer.GetAsync($"/v1/events/{id}/registrations{query}")).Ids().Length.ShouldBe(1);
    }
}
