using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Plans;

namespace CleanTenancy.IntegrationTests.Billing;

public sealed class PreviewPlanChangeTests(TestHost host)
{
    private const string Path = "/v1/billing/change-plan/preview";

    [Fact]
    public async Task A_downgrade_names_what_would_be_over_and_what_would_be_lost_and_changes_nothing()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro);
        var (owner, organizer) = (await tenant.OwnerAsync(), await tenant.OrganizerAsync());
        var live = await organizer.LiveEventAsync();
        await tenant.FillAsync(live, 150);
        await organizer.DraftEventAsync();
        var before = await tenant.TraceAsync();

        var preview = (await owner.PostAsync(Path, new { plan = "free" })).ShouldBe(HttpStatusCode.OK);

        (preview.Get<string>("plan"), preview.Get<string>("newPlan")).ShouldBe(("pro", "free"));
        preview.Body!["over"]!.ToJsonString().ShouldBe(
            """
            [{"resource":"events","limit":1,"used":2,"over":1},{"resource":"participants","limit":100,"used":150,"over":50},
            {"resource":"members","limit":3,"used":5,"over":2}]
            """.ReplaceLineEndings(""));
        preview.Body!["featuresLost"]!.ToJsonString().ShouldBe("""["customDomain","emailTemplates","analytics","apiAccess"]""");
        preview.Body!["featuresGained"]!.ToJsonString().ShouldBe("[]");
        preview.Body!["limits"]!["requestsPerMinute"]!.GetValue<int>().ShouldBe(60);
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task An_upgrade_is_over_nothing_and_gains()
    {
        var owner = await (await host.NewTenantAsync(Tier.Starter)).OwnerAsync();

        var preview = (await owner.PostAsync(Path, new { plan = "enterprise" })).ShouldBe(HttpStatusCode.OK);

        preview.Body!["over"]!.ToJsonString().ShouldBe("[]");
        preview.Body!["featuresLost"]!.ToJsonString().ShouldBe("[]");
        preview.Body!["featuresGained"]!.ToJsonString().ShouldBe("""["customDomain","apiAccess","sla","dedicatedSupport"]""");
    }

    [Fact]
    public async Task Overrides_stay_whatever_the_plan()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro);
        var operators = await host.Api.OperatorAsync();
        (await operators.PutAsync($"/v1/platform/tenants/{tenant.Id}/overrides/members", new { limit = 5, reason = "Ticket 1" }))
            .ShouldBe(HttpStatusCode.OK);

        var preview = (await (await tenant.OwnerAsync()).PostAsync(Path, new { plan = "free" })).ShouldBe(HttpStatusCode.OK);

        preview.Body!["limits"]!["members"]!.GetValue<int>().ShouldBe(5);
        preview.Body!["over"]!.ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public async Task Whoever_may_pay_may_look_also_while_suspended_for_not_paying()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));

        (await (await tenant.OwnerAsync()).PostAsync(Path, new { plan = "starter" })).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(BuiltInRoles.Admin)]
    [InlineData(BuiltInRoles.Organizer)]
    [InlineData(BuiltInRoles.Viewer)]
    public async Task Nobody_else_may(string role) =>
        (await (await (await host.NewTenantAsync()).AsAsync(role)).PostAsync(Path, new { plan = "free" }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("billing:write");

    [Theory]
    [InlineData("""{"plan":"gold"}""")]
    [InlineData("""{"plan":"Free"}""")]
    [InlineData("""{"plan":0}""")]
    [InlineData("{}")]
    public async Task An_unknown_plan_is_refused_never_free(string body)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.PostTextAsync(Path, body)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }
}
