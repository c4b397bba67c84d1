using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

/// <summary>Operators change the catalogue: on a database of this class, for it is everybody's.</summary>
public sealed class ReplacePlanTests(TestHost host) : IAsyncLifetime
{
    private TestApi _api = null!;
    private ApiClient _operators = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        _operators = await _api.OperatorAsync();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task The_new_terms_count_from_the_next_request_on_every_instance()
    {
        await using var other = await host.StartApiAsync(_api.Database);
        var tenant = await _api.NewTenantAsync(Tier.Free);
        var owner = await tenant.OwnerAsync();
        var elsewhere = other.Client(tenant.Host, owner.Token);
        (await elsewhere.GetAsync("/v1/features/analytics")).Get<bool>("enabled").ShouldBeFalse();
        (await owner.PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan");
        await owner.DraftEventAsync();

        var (terms, tag) = await ReadAsync("free");
        terms["limits"]!["events"] = 2;
        terms["features"] = new JsonArray("apiAccess", "analytics");
        var changed = (await PutAsync("free", terms, tag)).ShouldBe(HttpStatusCode.OK);

        (changed.ETag, changed.Get<long>("version")).ShouldBe(("\"2\"", 2));
        (await owner.PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBe(HttpStatusCode.Created);
        await owner.DraftEventAsync();
        (await owner.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded").Get<long>("limit").ShouldBe(2);
        await Eventually.HoldsAsync(
            async () => (await elsewhere.GetAsync("/v1/features/analytics")).Get<bool>("enabled"), TimeSpan.FromSeconds(3));
        (await _api.Platform.GetAsync("/v1/plans")).Data().Single(plan => plan["tier"]!.GetValue<string>() == "free")["limits"]!["events"]!
            .GetValue<long>().ShouldBe(2);
    }

    [Fact]
    public async Task Prices_are_changed_added_and_removed()
    {
        var (terms, tag) = await ReadAsync("pro");
        terms["prices"] = JsonNode.Parse(
            """
            [{"interval":"year","amount":1,"currency":"KRW"},{"interval":"month","amount":9900,"currency":"USD"}]
            """);

        (await PutAsync("pro", terms, tag)).ShouldBe(HttpStatusCode.OK);

        (await ReadAsync("pro")).Terms["prices"]!.ToJsonString().ShouldBe(
            """[{"interval":"year","amount":1,"currency":"KRW"},{"interval":"month","amount":9900,"currency":"USD"}]""");
    }

    [Fact]
    public async Task The_platforms_log_has_what_was_and_what_is()
    {
        var (terms, tag) = await ReadAsync("starter");
        terms["auditRetentionDays"] = 120;
        (await PutAsync("starter", terms, tag)).ShouldBe(HttpStatusCode.OK);

        var details = JsonNode.Parse(await _api.QueryAsync<string>(
            "select details::text from platform_audit_logs where action = 'plan.changed' and actor_kind = 'operator'"))!;

        (details["before"]!["auditRetentionDays"]!.GetValue<int>(), details["after"]!["auditRetentionDays"]!.GetValue<int>()).ShouldBe((90, 120));
        details["after"]!["tier"]!.GetValue<string>().ShouldBe("starter");
    }

    [Fact]
    public async Task Of_parallel_changes_of_one_version_one_wins()
    {
        var (terms, tag) = await ReadAsync("enterprise");

        var answers = await Answers.ParallelAsync(8, _ => PutAsync("enterprise", terms, tag));

        answers.Tally().ShouldBe("1 x 200, 7 x 412 precondition_failed");
        (await PutAsync("enterprise", terms, tag: null)).ShouldBeProblem(HttpStatusCode.PreconditionRequired, "precondition_required");
        (await _api.QueryAsync<long>("select count(*) from platform_audit_logs where action = 'plan.changed'")).ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"limits":{"events":-1}}""", "/limits/events", "greater_than_or_equal")]
    [InlineData("""{"limits":{"members":0}}""", "/limits/members", "greater_than_or_equal")]
    [InlineData("""{"limits":{"requestsPerMinute":0}}""", "/limits/requestsPerMinute", "greater_than_or_equal")]
    [InlineData("""{"limits":{"concurrentRequests":65}}""", "/limits/concurrentRequests", "inclusive_between")]
    [InlineData("""{"auditRetentionDays":29}""", "/auditRetentionDays", "inclusive_between")]
    [InlineData("""{"prices":[{"interval":"week","amount":1,"currency":"KRW"}]}""", "/prices/0/interval", "unknown_interval")]
    [InlineData("""{"prices":[{"interval":"year","amount":-1,"currency":"KRW"}]}""", "/prices/0/amount", "greater_than_or_equal")]
    [InlineData("""{"prices":[{"interval":"year","amount":1,"currency":"krw"}]}""", "/prices/0/currency", "unknown_currency")]
    [InlineData("""{"prices":[{"interval":"year","amount":1,"currency":"KRW"},{"interval":"year","amount":2,"currency":"KRW"}]}""", "/prices", "duplicate")]
    public async Task Terms_that_make_no_sense_are_refused(string json, string pointer, string code)
    {
        var (terms, tag) = await ReadAsync("starter");
        foreach (var (name, value) in JsonNode.Parse(json)!.AsObject())
        {
            if (value is JsonObject inner)
                foreach (var (limit, amount) in inner) terms[name]![limit] = amount!.DeepClone();
            else terms[name] = value!.DeepClone();
        }

        (await PutAsync("starter", terms, tag)).ShouldBeInvalid(pointer, code);

        (await ReadAsync("starter")).Tag.ShouldBe(tag);
    }

    [Fact]
    public async Task The_free_plan_costs_nothing()
    {
        var (terms, tag) = await ReadAsync("free");
        terms["prices"]![0]!["amount"] = 1;

        (await PutAsync("free", terms, tag)).ShouldBeInvalid("/prices/0", "free_costs_nothing");
    }

    /// <summary>What is left out would be unlimited: it is refused instead.</summary>
    [Theory]
    [InlineData("events")]
    [InlineData("requestsPerMinute")]
    [InlineData("concurrentRequests")]
    public async Task A_limit_that_is_not_named_is_refused(string limit)
    {
        var (terms, tag) = await ReadAsync("starter");
        terms["limits"]!.AsObject().Remove(limit);

        (await PutAsync("starter", terms, tag)).Status.ShouldBe(HttpStatusCode.BadRequest);

        (await ReadAsync("starter")).Tag.ShouldBe(tag);
    }

    [Theory]
    [InlineData("gold")]
    [InlineData("Free")]
    [InlineData("0")]
    public async Task An_unknown_plan_is_not_found_never_free(string tier)
    {
        var (terms, _) = await ReadAsync("free");

        (await _operators.GetAsync($"/v1/platform/plans/{tier}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await PutAsync(tier, terms, "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private async Task<(JsonObject Terms, string Tag)> ReadAsync(string tier)
    {
        var plan = (await _operators.GetAsync($"/v1/platform/plans/{tier}")).ShouldBe(HttpStatusCode.OK);
        var terms = plan.Body!.DeepClone().AsObject();
        terms.Remove("tier");
        terms.Remove("version");
        return (terms, plan.ETag!);
    }

    private Task<Answer> PutAsync(string tier, JsonObject terms, string? tag) =>
        _operators.PutAsync($"/v1/platform/plans/{tier}", terms, tag);
}
