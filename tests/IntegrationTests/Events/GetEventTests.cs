using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class GetEventTests(TestHost host)
{
    [Theory]
    [InlineData(BuiltInRoles.SuperAdmin)]
    [InlineData(BuiltInRoles.Admin)]
    [InlineData(BuiltInRoles.Organizer)]
    [InlineData(BuiltInRoles.Staff)]
    [InlineData(BuiltInRoles.Viewer)]
    public async Task Every_role_reads_an_event_with_its_tag(string role)
    {
        var tenant = await host.NewTenantAsync();
        var created = await (await tenant.OrganizerAsync()).DraftEventAsync();
        var client = await tenant.AsAsync(role);
        var before = await tenant.TraceAsync();

        var read = await client.GetAsync($"/v1/events/{created.Id}");

        read.ShouldBe(HttpStatusCode.OK).Text.ShouldBe(created.Text);
        read.ETag.ShouldBe("\"1\"");
        read.Headers.CacheControl!.ToString().ShouldBe("no-store");
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("\"1\"", HttpStatusCode.NotModified)]
    [InlineData("W/\"1\"", HttpStatusCode.NotModified)]
    [InlineData("*", HttpStatusCode.NotModified)]
    [InlineData("\"7\", W/\"1\"", HttpStatusCode.NotModified)]
    [InlineData("\"2\"", HttpStatusCode.OK)]
    [InlineData("1", HttpStatusCode.OK)]
    public async Task What_the_client_already_has_is_not_sent_again(string ifNoneMatch, HttpStatusCode status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var created = await organizer.DraftEventAsync();

        var read = await organizer.GetAsync($"/v1/events/{created.Id}", ("If-None-Match", ifNoneMatch));

        read.ShouldBe(status).Text.ShouldBe(status is HttpStatusCode.OK ? created.Text : "");
        read.ETag.ShouldBe("\"1\"");
    }

    [Fact]
    public async Task After_a_change_the_old_tag_is_no_longer_known()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var created = await organizer.DraftEventAsync();
        var changed = await organizer.PatchAsync($"/v1/events/{created.Id}", new { title = "Changed" }, created.ETag);

        var read = await organizer.GetAsync($"/v1/events/{created.Id}", ("If-None-Match", created.ETag!));

        read.ShouldBe(HttpStatusCode.OK).Text.ShouldBe(changed.Text);
    }

    [Fact]
    public async Task Another_tenants_event_is_as_unknown_as_a_random_id_and_as_a_deleted_one()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var deleted = await (await other.OrganizerAsync()).EventInAsync("deleted");
        var stranger = await other.OwnerAsync();

        var foreign = await stranger.GetAsync($"/v1/events/{id}");

        foreign.ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        foreach (var unknown in new[] { Answers.RandomId(), deleted })
            (await stranger.GetAsync($"/v1/events/{unknown}")).Comparable.ShouldBe(foreign.Comparable);
        // A tag known elsewhere must not turn "unknown" into "unchanged".
        (await stranger.GetAsync($"/v1/events/{id}", ("If-None-Match", "*"))).Comparable.ShouldBe(foreign.Comparable);
        (await organizer.GetAsync($"/v1/events/{id}")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("N")]
    [InlineData("B")]
    public async Task An_id_written_otherwise_is_not_found(string format)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;

        (await organizer.GetAsync($"/v1/events/{id.ToString(format)}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Without_a_token_of_this_tenant_it_is_refused_always_alike()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var id = (await (await tenant.OrganizerAsync()).DraftEventAsync()).Id;
        var foreignToken = (await other.OwnerAsync()).Token;

        var nobody = await tenant.Anonymous.GetAsync($"/v1/events/{id}");
        var stranger = await tenant.Anonymous.With(foreignToken).GetAsync($"/v1/events/{id}");

        nobody.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated").Comparable.ShouldBe(stranger.Comparable);
    }
}
