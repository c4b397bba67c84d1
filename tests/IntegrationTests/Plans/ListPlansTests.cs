using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

public sealed class ListPlansTests(TestHost host)
{
    [Theory]
    [InlineData("free", 1, 100, 104_857_600L, 3, 60, 4, "")]
    [InlineData("starter", 5, 500, 5_368_709_120L, 10, 300, 8, "emailTemplates,analytics")]
    [InlineData("pro", null, null, 107_374_182_400L, 50, 1000, 16, "customDomain,emailTemplates,analytics,apiAccess")]
    [InlineData("enterprise", null, null, null, null, null, 32, "customDomain,emailTemplates,analytics,apiAccess,sla,dedicatedSupport")]
    public async Task Each_plan_has_its_limits_and_features_and_unlimited_is_null(
        string tier, int? events, int? participants, long? storage, int? members, int? requests, int atOnce,
        string features)
    {
        var plans = (await host.Api.Platform.GetAsync("/v1/plans")).ShouldBe(HttpStatusCode.OK).Body!["data"]!.AsArray();

        var plan = plans.Single(p => p!["tier"]!.GetValue<string>() == tier)!;
        plan["limits"]!.ToJsonString().ShouldBe(new JsonObject
        {
            ["events"] = events,
            ["participants"] = participants,
            ["storageBytes"] = storage,
            ["members"] = members,
            ["requestsPerMinute"] = requests,
            ["concurrentRequests"] = atOnce,
        }.ToJsonString());
        string.Join(',', plan["features"]!.AsArray().Select(f => f!.GetValue<string>())).ShouldBe(features);
        plan["prices"]!.AsArray().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task They_stand_from_the_least_to_the_most() =>
        (await host.Api.Platform.GetAsync("/v1/plans")).Body!["data"]!.AsArray()
            .Select(plan => plan!["tier"]!.GetValue<string>()).ShouldBe(["free", "starter", "pro", "enterprise"]);

    [Fact]
    public async Task A_tenants_host_does_not_have_them()
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.Anonymous.GetAsync("/v1/plans")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }
}
