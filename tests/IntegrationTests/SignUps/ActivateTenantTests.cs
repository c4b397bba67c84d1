using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.SignUps;

public sealed class ActivateTenantTests(TestHost host, SignUpClock clocked) : IClassFixture<SignUpClock>
{
    [Fact]
    public async Task A_free_tenant_is_active_for_good_and_its_owner_signs_in()
    {
        var visitor = await SetUpAsync(host.Api, "free");

        var answer = (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);

        (answer.Get<Guid>("tenantId"), answer.Get<string>("host"), answer.Get<string>("state"))
            .ShouldBe((visitor.Id.Value, visitor.Host, "active"));
        answer.Body!["trialEndsAt"].ShouldBeNull();
        (await visitor.StatusAsync()).Get<string>("state").ShouldBe("active");
        var owner = await visitor.OwnerAsync();
        var me = (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        me.Text.ShouldContain("super_admin");
        (await owner.GetAsync("/v1/categories")).Data().Count.ShouldBe(4);
        (await owner.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_paid_plan_is_tried_for_as_long_as_a_trial_lasts_and_no_longer()
    {
        var visitor = await SetUpAsync(clocked.Api, "pro");

        var answer = (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);

        var ends = answer.Get<DateTimeOffset>("trialEndsAt");
        answer.Get<string>("state").ShouldBe("trial");
        ends.ShouldBe(clocked.Clock.GetUtcNow().AddDays(14), TimeSpan.FromMinutes(1));
        var owner = await visitor.OwnerAsync();
        (await owner.GetAsync("/v1/features/apiAccess")).Get<bool>("enabled").ShouldBeTrue();
        clocked.Clock.Advance(ends - clocked.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        (await (await visitor.OwnerAsync()).PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
    }

    [Fact]
    public async Task Who_asked_is_erased_from_the_sign_up()
    {
        var visitor = await SetUpAsync(host.Api, "free");

        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);

        (await host.Api.QueryAsync<string>(
            """
            select concat_ws(' ', admin_name is null, admin_email is null, password_hash is null, activation_hash is null,
              activated_at is not null) from sign_ups where org_id = $1
            """, visitor.Id.Value)).ShouldBe("t t t t t");
        (await visitor.DeedsAsync()).ShouldContain("tenant.activated");
    }

    [Fact]
    public async Task All_bad_tokens_are_alike()
    {
        var (visitor, other) = (await SetUpAsync(host.Api, "free"), await SetUpAsync(host.Api, "free"));
        var token = visitor.Token;
        var bad = (await visitor.ActivateAsync("x")).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token").Comparable;

        foreach (var wrong in new[]
        {
            ActivationToken.New(visitor.Id).Text,
            ActivationToken.New(new(Answers.RandomId())).Text,
            ActivationToken.New((await host.NewTenantAsync()).Id).Text,
            token[..22] + other.Token[22..], // another's secret
            other.Token[..22] + token[22..],
            token[..^1], token + "A", token + "=", token.ToUpperInvariant(), new string('\u00e9', 64),
        })
            (await visitor.ActivateAsync(wrong)).Comparable.ShouldBe(bad, wrong);

        (await visitor.ActivateAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await visitor.ActivateAsync(token)).Comparable.ShouldBe(bad);
        (await visitor.ActivateAsync("")).ShouldBeInvalid("/token", "not_empty");
    }

    [Fact]
    public async Task Racing_one_activates()
    {
        var visitor = await SetUpAsync(host.Api, "starter");
        var token = visitor.Token;

        var answers = await Answers.ParallelAsync(10, _ => visitor.ActivateAsync(token));

        answers.Tally().ShouldBe("1 x 200, 9 x 400 invalid_token");
        (await visitor.DeedsAsync()).Count(deed => deed == "tenant.activated").ShouldBe(1);
    }

    [Fact]
    public async Task While_a_step_is_pending_it_is_to_wait()
    {
        var visitor = await SetUpAsync(host.Api, "free");
        await host.Api.ExecuteAsync("update provisioning_steps set status = 'pending' where org_id = $1 and task = 'audit'", visitor.Id.Value);

        (await visitor.ActivateAsync()).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "tenant_provisioning")
            .Headers.RetryAfter.ShouldNotBeNull();

        await host.Api.ExecuteAsync("update provisioning_steps set status = 'done' where org_id = $1 and task = 'audit'", visitor.Id.Value);
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_link_that_nobody_followed_is_dead_and_the_sign_up_is_undone_and_forgotten()
    {
        var visitor = await SetUpAsync(clocked.Api, "free");
        var token = visitor.Token;
        clocked.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        await clocked.Api.SweepAsync(new ExpireSignUps());
        (await visitor.StateAsync()).ShouldBe("provisioning");

        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        (await visitor.ActivateAsync(token)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        await clocked.Api.SweepAsync(new ExpireSignUps());

        await visitor.ShouldBeUndoneAsync();
        (await visitor.ActivateAsync(token)).ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");
        (await visitor.StatusAsync()).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await clocked.Api.QueryAsync<long>(
            "select count(*) from (select s::text as line from sign_ups s where org_id = $1 union all select o::text from organizations o where id = $1) l where position($2 in line) > 0 or position('Kim' in line) > 0 or position($3 in line) > 0",
            visitor.Id.Value, visitor.Email, visitor.Slug)).ShouldBe(0);
        (await clocked.Api.SweepAsync(new ExpireSignUps())).Count.ShouldBe(0);
    }

    [Fact]
    public async Task It_is_shown_as_it_was_asked_for_whatever_plan_it_has_since()
    {
        var visitor = await SetUpAsync(host.Api, "pro");
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);

        (await (await host.Api.OperatorAsync()).PatchAsync(
            $"/v1/platform/tenants/{visitor.Id}", new { plan = "free", reason = "x" }, "*")).ShouldBe(HttpStatusCode.OK);

        (await visitor.StateAsync()).ShouldBe("active");
        (await visitor.StatusAsync()).Get<string>("state").ShouldBe("trial");
    }

    [Fact]
    public async Task An_activated_tenants_later_life_is_not_shown()
    {
        var visitor = await SetUpAsync(clocked.Api, "free");
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);
        await clocked.Api.Seeder.ChangeAsync(
            visitor.Id, o => o.Suspend(Domain.Tenants.SuspensionReason.Operator, clocked.Clock.GetUtcNow()), TestContext.Current.CancellationToken);

        (await visitor.StatusAsync()).Get<string>("state").ShouldBe("active");
        clocked.Clock.Advance(TimeSpan.FromDays(8));
        (await visitor.StatusAsync()).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private static async Task<Visitor> SetUpAsync(TestApi api, string plan) =>
        await (await new Visitor(api).SignUpAsync(plan)).ProvisionAsync();
}
