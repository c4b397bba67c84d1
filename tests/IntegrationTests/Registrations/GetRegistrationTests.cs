using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Registrations;

public sealed class GetRegistrationTests(TestHost host)
{
    [Fact]
    public async Task A_registration_is_read_with_its_tag_and_not_sent_again()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.RegisterAsync(await organizer.LiveEventAsync(), people: 1))[0];

        var read = await organizer.GetAsync($"/v1/registrations/{id}");

        read.ShouldBe(HttpStatusCode.OK).ETag.ShouldBe("\"1\"");
        read.Get<string>("name").ShouldBe("Guest 0");
        (await organizer.GetAsync($"/v1/registrations/{id}", ("If-None-Match", read.ETag!))).ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Another_tenants_registration_is_as_unknown_as_a_random_id()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.RegisterAsync(await organizer.LiveEventAsync(), people: 1))[0];
        var stranger = await other.OwnerAsync();

        var foreign = await stranger.GetAsync($"/v1/registrations/{id}");

        foreign.ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await stranger.GetAsync($"/v1/registrations/{Answers.RandomId()}")).Comparable.ShouldBe(foreign.Comparable);
        (await tenant.Anonymous.GetAsync($"/v1/registrations/{id}")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
