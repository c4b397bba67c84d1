using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

/// <summary>The contract's table of plans, walked feature by feature for all four, as a client sees it.</summary>
public sealed class FeatureTests(TestHost host)
{
    private static readonly string[] All =
        ["customDomain", "emailTemplates", "analytics", "apiAccess", "sla", "dedicatedSupport"];

    /// <summary>Plan, feature, and the least plan that has it where this one has not.</summary>
    public static TheoryData<Tier, string, Tier?> Table()
    {
        var table = new TheoryData<Tier, string, Tier?>();
        foreach (var tier in Enum.GetValues<Tier>())
            foreach (var (feature, least) in new[]
            {
                ("customDomain", Tier.Pro), ("emailTemplates", Tier.Starter), ("analytics", Tier.Starter),
                ("apiAccess", Tier.Pro), ("sla", Tier.Enterprise), ("dedicatedSupport", Tier.Enterprise),
            })
                table.Add(tier, feature, tier >= least ? null : least);
        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Each_plan_has_what_the_contract_says(Tier tier, string feature, Tier? required)
    {
        var tenant = await host.NewTenantAsync(tier);

        var answer = (await (await tenant.AsAsync(BuiltInRoles.Viewer)).GetAsync($"/v1/features/{feature}")).ShouldBe(HttpStatusCode.OK);

        answer.Body!.ToJsonString().ShouldBe(
            $$"""
            {"feature":"{{feature}}","enabled":{{(required is null ? "true" : "false")}},"plan":"{{Word(tier)}}",
            "requiredPlan":{{(required is null ? "null" : $"\"{Word(required.Value)}\"")}}}
            """.ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData(Tier.Free)]
    [InlineData(Tier.Starter)]
    [InlineData(Tier.Pro)]
    [InlineData(Tier.Enterprise)]
    public async Task The_list_says_the_same_as_each_feature_by_itself(Tier tier)
    {
        var owner = await (await host.NewTenantAsync(tier)).OwnerAsync();

        var listed = (await owner.GetAsync("/v1/features")).Data();

        listed.Select(feature => feature["feature"]!.GetValue<string>()).ShouldBe(All);
        foreach (var feature in listed)
            (await owner.GetAsync($"/v1/features/{feature["feature"]}")).Body!.ToJsonString().ShouldBe(feature.ToJsonString());
    }

    /// <summary>What a plan has not is refused where it is used, and the refusal says what would help.</summary>
    [Theory]
    [InlineData(Tier.Free, false)]
    [InlineData(Tier.Starter, false)]
    [InlineData(Tier.Pro, true)]
    [InlineData(Tier.Enterprise, true)]
    public async Task Keys_for_programs_are_made_by_plans_that_have_them(Tier tier, bool has)
    {
        var tenant = await host.NewTenantAsync(tier);
        var owner = await tenant.OwnerAsync();

        var answer = await owner.PostAsync("/v1/api-keys", Sample.ApiKey());

        if (has)
        {
            answer.ShouldBe(HttpStatusCode.Created);
            return;
        }

        answer.ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan");
        (answer.Get<string>("feature"), answer.Get<string>("plan"), answer.Get<string>("requiredPlan"))
            .ShouldBe(("apiAccess", Word(tier), "pro"));
        (await tenant.RowsAsync("api_keys")).ShouldBe(0);
    }

    [Fact]
    public async Task The_permission_is_asked_before_the_feature()
    {
        var viewer = await (await host.NewTenantAsync(Tier.Free)).AsAsync(BuiltInRoles.Viewer);

        (await viewer.PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("CustomDomain")]
    [InlineData("custom_domain")]
    [InlineData("1")]
    [InlineData("events")]
    public async Task What_is_no_feature_is_not_found(string key)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.GetAsync($"/v1/features/{key}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private static string Word(Tier tier) => tier.ToString().ToLowerInvariant();
}
