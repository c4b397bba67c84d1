using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Lifecycle;

public sealed class TenantMoveTests(TestHost host)
{
    [Fact]
    public async Task A_move_is_one_new_version_and_one_deed_that_says_what_happened()
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.MoveAsync(new(TenantTrigger.OperatorSuspend) { Reason = "Spam." })).ShouldBeNull();

        (await tenant.StandsAsync()).ShouldBe("suspended operator 2");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended"]);
        (await host.Api.QueryAsync<string>(
            """
            select concat_ws(' ', details ->> 'trigger', details ->> 'from', details ->> 'to', details ->> 'suspension',
              details ->> 'reason') from audit_logs where org_id = $1 and action = 'tenant.suspended'
            """,
            tenant.Id.Value)).ShouldBe("operator_suspend active suspended operator Spam.");
    }

    [Fact]
    public async Task A_refused_move_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();

        var refusal = (await tenant.MoveAsync(new(TenantTrigger.PaymentSucceeded))).ShouldNotBeNull();

        refusal.Code.ShouldBe("invalid_transition");
        (refusal.Extensions["from"], refusal.Extensions["trigger"]).ShouldBe(("active", "payment_succeeded"));
        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.StandsAsync()).ShouldBe("active 1");
    }

    [Fact]
    public async Task An_unknown_tenant_and_a_canary_cannot_be_moved()
    {
        var unknown = TenantId.New(TimeProvider.System.GetUtcNow());
        var canary = new TenantId(await host.Api.QueryAsync<Guid>("select id from organizations where state = 'purged' limit 1"));

        foreach (var org in new[] { unknown, canary })
            (await host.Api.MoveAsync(org, new(TenantTrigger.Delete))).ShouldBe(Error.NotFound);
    }

    [Fact]
    public async Task A_free_tenant_is_subscribed_by_its_activation_and_a_paid_one_tries()
    {
        var free = await host.NewTenantAsync(Tier.Free);
        var paid = await host.NewTenantAsync();
        foreach (var tenant in new[] { free, paid })
        {
            await host.Api.ExecuteAsync("update organizations set state = 'provisioning' where id = $1", tenant.Id.Value);
            (await tenant.MoveAsync(new(TenantTrigger.Activation))).ShouldBeNull();
        }

        (await free.StandsAsync()).ShouldBe("active 3");
        (await free.DeedsAsync()).ShouldBe(["tenant.activated", "tenant.subscribed"]);
        (await paid.StandsAsync()).ShouldBe("trial 2");
        (await paid.DeedsAsync()).ShouldBe(["tenant.activated"]);
    }

    [Fact]
    public async Task The_ledger_keeps_what_the_law_wants_of_a_contract_and_no_person()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, acme => acme.Try(TimeProvider.System.GetUtcNow().AddDays(3), acme.CreatedAt));
        var paidUntil = TimeProvider.System.GetUtcNow().AddDays(30);

        await tenant.MoveAsync(new(TenantTrigger.Subscribe)
        {
            Terms = new() { PaidUntil = paidUntil },
            Amount = 99_000,
            Currency = "KRW",
        });
        await tenant.MoveAsync(new(TenantTrigger.CancelSubscription));
        await tenant.MoveAsync(new(TenantTrigger.Delete));

        (await host.Api.QueryAsync<string[]>(
            """
            select array_agg(concat_ws(' ', kind, tier, amount, currency) order by id) from retained_ledger
            where tenant_id = $1 and retain_until > at + interval '4 years 364 days'
            """,
            tenant.Id.Value)).ShouldBe(["subscribe pro 99000 KRW", "cancel_subscription pro", "contract_ended pro"]);
    }

    [Fact]
    public async Task What_the_clock_has_done_is_made_real_before_the_trigger()
    {
        var over = TimeProvider.System.GetUtcNow().AddDays(-1);
        var tenant = await host.NewTenantAsync(Tier.Pro, acme => acme.Try(over, acme.CreatedAt));

        (await tenant.MoveAsync(new(TenantTrigger.PaymentSucceeded))).ShouldBeNull();

        (await tenant.StandsAsync()).ShouldBe("active 4");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended", "tenant.reinstated"]);
    }

    [Fact]
    public async Task Of_many_who_pull_the_same_trigger_one_moves_the_tenant()
    {
        var tenant = await host.NewTenantAsync();

        var refusals = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ =>
            tenant.MoveAsync(new(TenantTrigger.OperatorSuspend))));

        refusals.Count(refusal => refusal is null).ShouldBe(1);
        refusals.Where(refusal => refusal is not null).ShouldAllBe(refusal => refusal!.Code == "invalid_transition");
        (await tenant.StandsAsync()).ShouldBe("suspended operator 2");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended"]);
    }
}
