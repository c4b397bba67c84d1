using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

public sealed class GetUsageTests(TestHost host)
{
    [Fact]
    public async Task It_shows_each_quota_with_its_limit_and_what_is_left()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var organizer = await tenant.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        await organizer.RegisterAsync(live, people: 2);
        await organizer.DraftEventAsync();

        var usage = (await (await tenant.AsAsync(BuiltInRoles.Viewer)).GetAsync("/v1/usage")).ShouldBe(HttpStatusCode.OK);

        usage.Body!.ToJsonString().ShouldBe(
            """
            {"plan":"starter","data":[{"resource":"events","limit":5,"used":2,"remaining":3},
            {"resource":"participants","limit":500,"used":2,"remaining":498},
            {"resource":"members","limit":10,"used":5,"remaining":5},
            {"resource":"storage","limit":5368709120,"used":0,"remaining":5368709120}]}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public async Task Unlimited_is_null_and_still_counted()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        await (await tenant.OrganizerAsync()).DraftEventAsync();

        var events = (await (await tenant.OwnerAsync()).GetAsync("/v1/usage")).Data()[0];

        events.ToJsonString().ShouldBe("""{"resource":"events","limit":null,"used":1,"remaining":null}""");
    }

    [Fact]
    public async Task After_a_downgrade_nothing_is_left_all_can_be_read_and_nothing_created()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro);
        var organizer = await tenant.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        var registration = (await organizer.RegisterAsync(live, people: 1))[0];
        await organizer.DraftEventAsync();
        await tenant.Api.ExecuteAsync("update organizations set tier = 'free' where id = $1", tenant.Id.Value);
        host.Api.Forget(tenant);
        var before = await tenant.TraceAsync();

        (await organizer.GetAsync("/v1/usage")).Data()[0].ToJsonString()
            .ShouldBe("""{"resource":"events","limit":1,"used":2,"remaining":0}""");
        (await organizer.GetAsync("/v1/events")).Data().Count.ShouldBe(2);
        (await organizer.GetAsync($"/v1/events/{live}")).ShouldBe(HttpStatusCode.OK);
        (await organizer.GetAsync($"/v1/registrations/{registration}")).ShouldBe(HttpStatusCode.OK);
        var refused = (await organizer.PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");

        (refused.Get<string>("resource"), refused.Get<long>("limit"), refused.Get<long>("used")).ShouldBe(("events", 1, 2));
        (await tenant.TraceAsync()).ShouldBe(before);
        // One more than the limit: cancelling one is not enough to make room for another.
        (await organizer.PostAsync($"/v1/events/{live}/cancel")).ShouldBe(HttpStatusCode.OK);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
    }

    [Fact]
    public async Task Nobody_reads_it_without_the_permission_or_from_another_tenant()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());

        (await tenant.Anonymous.GetAsync("/v1/usage")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.With((await other.OwnerAsync()).Token).GetAsync("/v1/usage"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
