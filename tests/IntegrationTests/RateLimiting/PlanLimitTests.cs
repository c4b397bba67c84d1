using System.Net;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Tenancy;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>So many requests in any minute, per tenant and route, as the plan says.</summary>
public sealed class PlanLimitTests(LimitedApi limited) : IClassFixture<LimitedApi>
{
    [Theory]
    [InlineData(Tier.Free, 60)]
    [InlineData(Tier.Starter, 300)]
    [InlineData(Tier.Pro, 1_000)]
    public async Task Each_plan_takes_as_many_as_it_says_and_not_one_more(Tier tier, int limit)
    {
        var tenant = await limited.Api.NewTenantAsync(tier);
        var (viewer, owner) = (await tenant.AsAsync("viewer"), await tenant.OwnerAsync());

        var taken = await limit.TimesAsync(() => viewer.GetAsync("/v1/events?limit=1"));
        var refused = (await owner.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");

        taken.Tally().ShouldBe($"{limit} x 200");
        taken[0].Policies().ShouldBe($"\"plan\";q={limit};w=60");
        taken[0].Left().ShouldBe($"\"plan\";r={limit - 1};t=60");
        taken[^1].Left().ShouldBe("\"plan\";r=0;t=60");
        (refused.Get<string>("policy"), refused.Get<int>("limit"), refused.Get<int>("window")).ShouldBe(("plan", limit, 60));
        (refused.Policies(), refused.Left()).ShouldBe(($"\"plan\";q={limit};w=60", "\"plan\";r=0;t=60"));
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
        (await owner.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.OK);
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Unlimited_is_unlimited_and_says_nothing_of_limits()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Enterprise);
        var viewer = await tenant.AsAsync("viewer");

        var answers = await 1_500.TimesAsync(() => viewer.GetAsync("/v1/me"));

        answers.Tally().ShouldBe("1500 x 200");
        (answers[^1].Policies(), answers[^1].Left()).ShouldBe((null, null));
    }

    [Fact]
    public async Task The_window_slides_and_whoever_waits_as_long_as_it_says_is_let_in()
    {
        var viewer = await (await limited.Api.NewTenantAsync(Tier.Free)).AsAsync("viewer");
        Task<Answer> AskAsync() => viewer.GetAsync("/v1/events");
        await 20.TimesAsync(AskAsync);
        limited.Clock.Advance(TimeSpan.FromSeconds(45));
        await 40.TimesAsync(AskAsync);

        var refused = await AskAsync();

        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(15));
        refused.Left().ShouldBe("\"plan\";r=0;t=15");
        limited.Clock.Advance(TimeSpan.FromSeconds(14));
        (await AskAsync()).ShouldBe(HttpStatusCode.TooManyRequests);
        limited.Clock.Advance(TimeSpan.FromSeconds(1));
        // Those of the first second, and not those of a minute that began then.
        (await 30.TimesAsync(AskAsync)).Tally().ShouldBe("20 x 200, 10 x 429 rate_limited");
    }

    [Fact]
    public async Task A_route_is_one_whatever_id_and_query_it_is_asked_with_and_tenants_are_apart()
    {
        var (tenant, other) = (await limited.Api.NewTenantAsync(Tier.Free), await limited.Api.NewTenantAsync(Tier.Free));
        var viewer = await tenant.AsAsync("viewer");

        var answers = await 70.TimesAsync(() => viewer.GetAsync($"/v1/events/{Answers.RandomId()}?x={Answers.RandomId()}"));

        answers.Tally().ShouldBe("60 x 404 not_found, 10 x 429 rate_limited");
        (await viewer.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        (await (await other.AsAsync("viewer")).GetAsync($"/v1/events/{Answers.RandomId()}")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_refused_is_not_counted_and_leaves_no_trace()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        (await 60.TimesAsync(() => organizer.PostTextAsync("/v1/events", "{"))).Tally().ShouldBe("60 x 400 malformed_json");
        var before = await tenant.TraceAsync();

        (await 200.TimesAsync(() => organizer.PostAsync("/v1/events", Sample.Event()))).Tally().ShouldBe("200 x 429 rate_limited");

        (await tenant.TraceAsync()).ShouldBe(before);
        limited.Clock.Advance(TimeSpan.FromMinutes(1));
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Another_plan_counts_from_the_next_request_in_the_same_window()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Starter);
        var viewer = await tenant.AsAsync("viewer");
        Task<Answer> AskAsync() => viewer.GetAsync("/v1/events");
        (await 100.TimesAsync(AskAsync)).Tally().ShouldBe("100 x 200");

        await ChangeAsync(tenant.Id, "free");
        var lowered = (await AskAsync()).ShouldBe(HttpStatusCode.TooManyRequests);
        await ChangeAsync(tenant.Id, "pro");
        var raised = (await AskAsync()).ShouldBe(HttpStatusCode.OK);
        await ChangeAsync(tenant.Id, "enterprise");
        var unlimited = (await AskAsync()).ShouldBe(HttpStatusCode.OK);

        (lowered.Get<int>("limit"), lowered.Policies(), lowered.Left()).ShouldBe((60, "\"plan\";q=60;w=60", "\"plan\";r=0;t=60"));
        (raised.Policies(), raised.Left()).ShouldBe(("\"plan\";q=1000;w=60", "\"plan\";r=899;t=60"));
        unlimited.Policies().ShouldBeNull();
    }

    [Fact]
    public async Task Every_answer_behind_the_limit_says_what_is_left_whatever_it_is()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Free);
        var owner = await tenant.OwnerAsync();
        var viewer = await tenant.AsAsync("viewer");

        foreach (var answer in new[]
        {
            await owner.GetAsync("/v1/members"),
            (await owner.PostTextAsync("/v1/events", "{")).ShouldBe(HttpStatusCode.BadRequest),
            (await owner.PostTextAsync("/v1/roles", new string(' ', 70_000))).ShouldBe(HttpStatusCode.RequestEntityTooLarge),
            (await viewer.GetAsync("/v1/audit")).ShouldBe(HttpStatusCode.Forbidden),
            (await owner.GetAsync($"/v1/events/{Answers.RandomId()}")).ShouldBe(HttpStatusCode.NotFound),
            (await owner.DeleteAsync($"/v1/events/{Answers.RandomId()}", null)).ShouldBe((HttpStatusCode)428),
            (await owner.GetAsync("/v1/audit/verify")).ShouldBe(HttpStatusCode.InternalServerError),
        })
            (answer.Policies(), answer.Left()).ShouldBe(("\"plan\";q=60;w=60", "\"plan\";r=59;t=60"), answer.Text);
        // Who has not signed in learns nothing of the tenant's plan.
        (await tenant.Anonymous.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.Unauthorized).Policies().ShouldBeNull();
    }

    [Fact]
    public async Task The_limit_comes_after_host_and_token_and_before_state_permission_and_body()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Free, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));
        var (viewer, active) = (await tenant.AsAsync("viewer"), await limited.Api.NewTenantAsync(Tier.Free));
        var permitted = await active.AsAsync("viewer");

        (await 61.TimesAsync(() => viewer.GetAsync("/v1/events"))).Tally().ShouldBe("60 x 403 tenant_suspended, 1 x 429 rate_limited");
        (await 61.TimesAsync(() => permitted.PostTextAsync("/v1/events", "{"))).Tally()
            .ShouldBe("60 x 403 permission_denied, 1 x 429 rate_limited");

        (await permitted.PostTextAsync("/v1/events", new string(' ', 70_000))).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await active.Anonymous.PostTextAsync("/v1/events", "{")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await limited.Api.Client("nobody-is-here.localhost", permitted.Token).PostTextAsync("/v1/events", "{"))
            .ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
        (await active.DenialsAsync()).Count(denial => denial.EndsWith("permission_denied", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(60);
    }

    [Fact]
    public async Task Operators_are_not_limited_once_they_have_signed_in()
    {
        var platform = await limited.Api.OperatorAsync();

        var answers = await 100.TimesAsync(() => platform.GetAsync("/v1/platform/isolation"));

        answers.Tally().ShouldBe("100 x 200");
        answers[0].Policies().ShouldBeNull();
    }

    private async Task ChangeAsync(TenantId tenant, string tier)
    {
        await limited.Api.ExecuteAsync("update organizations set tier = $2 where id = $1", tenant.Value, tier);
        limited.Api.Services.GetRequiredService<TenantDirectory>().Forget(tenant);
    }
}
