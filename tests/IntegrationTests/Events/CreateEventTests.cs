using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class CreateEventTests(TestHost host)
{
    [Fact]
    public async Task A_draft_is_created_with_its_location_and_tag()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var created = await organizer.PostAsync("/v1/events", Sample.Event("Spring Meetup", capacity: 20));

        created.ShouldBe(HttpStatusCode.Created);
        created.Headers.Location!.ToString().ShouldBe($"/v1/events/{created.Id}");
        created.ETag.ShouldBe("\"1\"");
        created.Get<string>("status").ShouldBe("draft");
        created.Get<string>("timeZone").ShouldBe("Asia/Seoul");
        created.Get<int>("capacity").ShouldBe(20);
        (await organizer.GetAsync($"/v1/events/{created.Id}")).Text.ShouldBe(created.Text);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["event.created"]);
    }

    [Theory]
    [InlineData(BuiltInRoles.Viewer)]
    [InlineData(BuiltInRoles.Staff)]
    public async Task Without_the_permission_it_is_refused_and_leaves_no_trace(string role)
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();
        var client = await tenant.AsAsync(role);
        before = await tenant.TraceAsync();

        (await client.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_suspended_tenant_reads_and_does_not_create()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));
        var owner = await tenant.OwnerAsync();

        (await owner.PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended").Get<string>("reason").ShouldBe("billing");
        (await owner.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Parallel_requests_cannot_overspend_the_quota()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => organizer.PostAsync("/v1/events", Sample.Event())));

        answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in answers.Where(a => a.Status != HttpStatusCode.Created))
        {
            refused.ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
            (refused.Get<string>("resource"), refused.Get<int>("limit"), refused.Get<int>("used")).ShouldBe(("events", 1, 1));
        }

        (await tenant.RowsAsync("events")).ShouldBe(1);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["event.created"]);

        var only = answers.Single(a => a.Status == HttpStatusCode.Created);
        (await organizer.DeleteAsync($"/v1/events/{only.Id}", only.ETag)).ShouldBe(HttpStatusCode.NoContent);
        answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => organizer.PostAsync("/v1/events", Sample.Event())));
        answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(1);
    }
}
