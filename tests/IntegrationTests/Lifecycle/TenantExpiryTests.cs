using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Lifecycle;

/// <summary>What the clock does to tenants, on a database where nobody else's clock runs.</summary>
public sealed class TenantExpiryTests(TestHost host)
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Of_three_instances_side_by_side_one_moves_each_tenant_and_tells_its_owner_once()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        await using var first = await StartAsync(database);
        await using var second = await StartAsync(database);
        await using var third = await StartAsync(database);
        var tenants = new List<TestTenant>();
        for (var n = 0; n < 20; n++) tenants.Add(await TrialAsync(first));
        TestApi[] apis = [first, second, third];

        _clock.Advance(TimeSpan.FromDays(2));
        (await SweepAsync(apis, new ExpireTenants())).ShouldBe(20);
        (await SweepAsync(apis, new ExpireTenants())).ShouldBe(0);
        foreach (var tenant in tenants)
        {
            (await tenant.StandsAsync()).ShouldBe("suspended billing 3");
            (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended"]);
        }

        _clock.Advance(TimeSpan.FromDays(14));
        (await SweepAsync(apis, new ExpireTenants())).ShouldBe(20);
        foreach (var tenant in tenants) (await tenant.StandsAsync()).ShouldBe("deleted billing 4");
        (await tenants[0].MailsAsync(tenants[0].Email(BuiltInRoles.SuperAdmin))).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_tenant_that_nobody_has_swept_for_weeks_is_moved_as_the_clock_judged_and_keeps_its_retention()
    {
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await TrialAsync(api);
        _clock.Advance(TimeSpan.FromDays(60));

        (await StateAsync(tenant)).ShouldBe("deleted");
        (await api.SweepAsync(new ExpireTenants())).Count.ShouldBe(1);
        (await StateAsync(tenant)).ShouldBe("deleted");

        (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended", "tenant.deleted"]);
        (await api.QueryAsync<bool>(
            "select purge_due_at = $2::timestamptz from organizations where id = $1",
            tenant.Id.Value, _clock.GetUtcNow().AddDays(30).UtcDateTime)).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromDays(30));
        (await tenant.Anonymous.GetAsync("/v1/bootstrap")).ShouldBeProblem(System.Net.HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task Owners_get_one_mail_before_and_one_at_each_end_in_their_language()
    {
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await TrialAsync(api, days: 5);
        await api.ExecuteAsync("update organizations set locale = 'en' where id = $1", tenant.Id.Value);
        var subjects = new List<string>();

        foreach (var (days, what) in new[] { (1, ""), (2, "ends soon"), (3, "is over"), (9, ""), (2, "is deleted soon"), (4, "has been deleted") })
        {
            _clock.Advance(TimeSpan.FromDays(days));
            for (var again = 0; again < 2; again++)
            {
                await api.SweepAsync(new ExpireTenants());
                await api.SweepAsync(new AnnounceDeadlines());
            }

            if (what.Length > 0) subjects.Add(what);
            var mails = await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin));
            mails.Count.ShouldBe(subjects.Count, $"after {what}");
            if (what.Length > 0) mails[^1].Subject.ShouldContain(what);
        }

        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.Admin))).ShouldBeEmpty();
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin)))[0].Text.ShouldContain("(Asia/Seoul)");
    }

    [Fact]
    public async Task A_notice_that_is_handled_twice_is_one_mail_to_each_owner()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.MoveAsync(new(TenantTrigger.OperatorSuspend) { Reason = "Spam & <b>more</b>." });
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).ShouldHaveSingleItem()
            .Text.ShouldContain("Spam & <b>more</b>.");

        // As after a crash between the work and the mark.
        await host.Api.ExecuteAsync(
            """
            update outbox set done_at = null, payload = '{"template":"tenant_suspended","values":{"reason":"Spam."}}'
            where org_id = $1 and kind = 'lifecycle.notice'
            """,
            tenant.Id.Value);
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_tenant_that_was_never_charged_has_nothing_to_cancel_and_its_log_says_so()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.MoveAsync(new(TenantTrigger.Delete));

        await host.Api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });

        (await tenant.DeedsAsync()).ShouldBe(["tenant.deleted", "cancellation.skipped"]);
    }

    [Fact]
    public async Task A_subscription_that_nobody_here_can_cancel_waits_for_an_operator()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.MoveAsync(new(TenantTrigger.Renew) { Terms = new() { PaidUntil = TimeProvider.System.GetUtcNow().AddDays(9) } });
        await tenant.MoveAsync(new(TenantTrigger.Delete));

        await host.Api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });

        (await host.Api.QueryAsync<string>(
            "select last_error from outbox where org_id = $1 and kind = 'subscription.cancel' and done_at is null",
            tenant.Id.Value)).ShouldBe("No payment provider is connected.");
    }

    [Fact]
    public async Task A_tenant_that_was_restored_before_its_turn_keeps_its_subscription_and_its_log_says_so()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.MoveAsync(new(TenantTrigger.Renew) { Terms = new() { PaidUntil = TimeProvider.System.GetUtcNow().AddDays(9) } });
        await tenant.MoveAsync(new(TenantTrigger.Delete));
        await tenant.MoveAsync(new(TenantTrigger.Restore));

        await host.Api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });

        (await tenant.DeedsAsync()).ShouldBe(["tenant.renewed", "tenant.deleted", "tenant.restored", "cancellation.skipped"]);
        (await host.Api.QueryAsync<string>(
            "select details ->> 'reason' from audit_logs where org_id = $1 and action = 'cancellation.skipped'", tenant.Id.Value))
            .ShouldBe("restored");
        (await host.Api.QueryAsync<bool>(
            "select done_at is not null from outbox where org_id = $1 and kind = 'subscription.cancel'", tenant.Id.Value)).ShouldBeTrue();
    }

    private async Task<TestTenant> TrialAsync(TestApi api, int days = 1) => await api.NewTenantAsync(
        Tier.Pro, organization => organization.Try(_clock.GetUtcNow().AddDays(days), organization.CreatedAt));

    private Task<TestApi> StartAsync(string database) => host.StartApiAsync(
        database, options => options.Services = services => services.AddSingleton<TimeProvider>(_clock));

    private static async Task<long> SweepAsync(TestApi[] apis, ExpireTenants sweep) =>
        (await Task.WhenAll(apis.Select(api => api.SweepAsync(sweep)))).Sum(swept => swept.Count);

    private static async Task<string> StateAsync(TestTenant tenant) =>
        (await tenant.Anonymous.GetAsync("/v1/bootstrap")).ShouldBe(System.Net.HttpStatusCode.OK).Get<string>("state");
}
