using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Lifecycle;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>What operators see of tenants, and do to them.</summary>
public sealed class OperatorTenantTests(TestHost host)
{
    private const string Tenants = "/v1/platform/tenants";

    private static readonly object Grounds = new { reason = "Ticket 4713" };

    [Fact]
    public async Task A_tenant_is_suspended_and_reinstated_for_a_reason_that_its_people_read()
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();

        var suspended = (await @operator.PostAsync($"{Tenants}/{tenant.Id}/suspend", Grounds)).ShouldBe(HttpStatusCode.OK);
        (suspended.Get<string>("state"), suspended.Get<string>("suspensionReason"), suspended.Get<long>("version"))
            .ShouldBe(("suspended", "operator", 2));
        (await (await tenant.OrganizerAsync()).PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended").Get<string>("reason").ShouldBe("operator");
        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/reinstate", Grounds)).ShouldBe(HttpStatusCode.OK)
            .Get<string>("state").ShouldBe("active");

        var lines = (await (await tenant.OwnerAsync()).GetAsync("/v1/audit?action=tenant.suspended")).Data();
        var line = lines.ShouldHaveSingleItem();
        line["actor"]!["kind"]!.GetValue<string>().ShouldBe("operator");
        (line["details"]!["reason"]!.GetValue<string>(), line["details"]!["operator"]!.GetValue<string>())
            .ShouldBe(("Ticket 4713", "Operator"));
        (await PlatformDeedsAsync(tenant)).ShouldBe(["tenant.suspended", "tenant.reinstated"]);
    }

    [Fact]
    public async Task A_trial_is_extended_even_when_it_was_over()
    {
        var now = TimeProvider.System.GetUtcNow();
        var running = await host.NewTenantAsync(Tier.Pro, o => o.Try(now.AddDays(3), o.CreatedAt));
        var over = await host.NewTenantAsync(Tier.Pro, o => o.Try(now.AddDays(-3), o.CreatedAt));
        var @operator = await host.Api.OperatorAsync();

        (await ExtendAsync(@operator, running, new { days = 4, reason = "x" })).ShouldBe(HttpStatusCode.OK)
            .Get<DateTimeOffset>("trialEndsAt").ShouldBe(now.AddDays(7), TimeSpan.FromMilliseconds(1));
        (await ExtendAsync(@operator, running, new { until = now.AddDays(5), reason = "x" }))
            .ShouldBeProblem(HttpStatusCode.Conflict, "trial_end_not_later");
        (await @operator.PostAsync($"{Tenants}/{over.Id}/reinstate", Grounds)).ShouldBeProblem(HttpStatusCode.Conflict, "trial_over");
        var again = (await ExtendAsync(@operator, over, new { until = now.AddDays(5), reason = "x" })).ShouldBe(HttpStatusCode.OK);
        (again.Get<string>("state"), again.Get<DateTimeOffset>("trialEndsAt").Date).ShouldBe(("trial", now.AddDays(5).Date));

        (await running.DeedsAsync()).ShouldBe(["trial.extended"]);
        (await ExtendAsync(@operator, await host.NewTenantAsync(), new { days = 4, reason = "x" })).ShouldBeInvalidTransition("active", "extend_trial");
    }

    [Fact]
    public async Task A_tenant_is_deleted_and_restored_and_its_sessions_and_keys_stay_dead()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var key = (await owner.PostAsync("/v1/api-keys", Sample.ApiKey())).Get<string>("secret");
        var @operator = await host.Api.OperatorAsync();

        var deleted = (await @operator.PostAsync($"{Tenants}/{tenant.Id}/delete", new { reason = "By letter", disposition = "honour" }))
            .ShouldBe(HttpStatusCode.OK);
        (deleted.Get<string>("state"), deleted.Get<string>("disposition")).ShouldBe(("deleted", "honour"));
        deleted.Get<DateTimeOffset>("purgeDueAt").ShouldBe(TimeProvider.System.GetUtcNow().AddDays(30), TimeSpan.FromMinutes(1));
        (await owner.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/restore", Grounds)).ShouldBe(HttpStatusCode.OK)
            .Get<string>("state").ShouldBe("active");
        (await owner.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.With(key).GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.DeedsAsync()).ShouldBe(["api_key.created", "tenant.deleted", "tenant.restored"]);
    }

    [Theory]
    [InlineData("suspend", "suspend", "suspended", "operator_suspend")]
    [InlineData("", "reinstate", "active", "operator_reinstate")]
    [InlineData("", "restore", "active", "restore")]
    [InlineData("delete", "delete", "deleted", "delete")]
    public async Task What_the_state_has_no_arrow_for_is_refused_and_leaves_no_trace(
        string before, string deed, string from, string trigger)
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();
        if (before.Length > 0) (await @operator.PostAsync($"{Tenants}/{tenant.Id}/{before}", Grounds)).ShouldBe(HttpStatusCode.OK);
        var trace = await tenant.TraceAsync();

        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/{deed}", Grounds)).ShouldBeInvalidTransition(from, trigger);

        (await tenant.TraceAsync()).ShouldBe(trace);
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("reinstate")]
    [InlineData("restore")]
    [InlineData("delete")]
    [InlineData("extend-trial")]
    public async Task Each_deed_needs_a_reason_an_operator_and_a_tenant(string deed)
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();
        object valid = deed == "extend-trial" ? new { days = 1, reason = "x" } : Grounds;
        var canary = await host.Api.QueryAsync<Guid>("select id from organizations where state = 'purged' limit 1");

        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/{deed}", valid.With("""{"reason":""}"""))).ShouldBeInvalid("/reason", "not_empty");
        foreach (var id in new[] { Answers.RandomId(), canary })
            (await @operator.PostAsync($"{Tenants}/{id}/{deed}", valid)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await host.Api.Platform.With((await tenant.OwnerAsync()).Token).PostAsync($"{Tenants}/{tenant.Id}/{deed}", valid))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.DeedsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Either_days_or_an_end_is_asked_for()
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();

        foreach (var content in new object[] { new { reason = "x" }, new { days = 1, until = TimeProvider.System.GetUtcNow().AddDays(2), reason = "x" } })
            (await ExtendAsync(@operator, tenant, content)).ShouldBeInvalid("/days", "days_or_until");
        (await ExtendAsync(@operator, tenant, new { days = 366, reason = "x" })).ShouldBeInvalid("/days", "inclusive_between");
        (await ExtendAsync(@operator, tenant, new { until = TimeProvider.System.GetUtcNow().AddDays(400), reason = "x" }))
            .ShouldBeInvalid("/until", "too_late");
    }

    [Fact]
    public async Task The_detail_shows_what_a_tenant_uses_and_what_waits()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        await (await tenant.OrganizerAsync()).DraftEventAsync();
        await host.Api.ExecuteAsync(
            """
            insert into outbox (org_id, id, kind, payload, created_at, available_at, dead_at)
            values ($1, gen_random_uuid(), 'mail', '{}', now(), now(), now()), ($1, gen_random_uuid(), 'of_later', '{}', now(), now(), null)
            """,
            tenant.Id.Value);

        var detail = (await (await host.Api.OperatorAsync()).GetAsync($"{Tenants}/{tenant.Id}")).ShouldBe(HttpStatusCode.OK);

        (detail.Get<string>("slug"), detail.Get<string>("plan"), detail.Get<string>("state")).ShouldBe((tenant.Slug, "starter", "active"));
        detail.Body!["usage"]!.AsArray().Select(one => $"{one!["resource"]} {one["used"]}/{one["limit"]}")
            .ShouldBe(["events 1/5", "participants 0/500", "members 5/10", "storage 0/5368709120"], ignoreOrder: true);
        (detail.Body["health"]!["outboxWaiting"]!.GetValue<long>(), detail.Body["health"]!["outboxDead"]!.GetValue<long>()).ShouldBe((1, 1));
        detail.ETag.ShouldBe("\"1\"");
    }

    [Fact]
    public async Task The_list_is_found_by_beginning_plan_and_state_of_now_and_is_paged()
    {
        var mark = $"Zebra {Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var over = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        var tenants = new List<TestTenant>();
        for (var n = 0; n < 5; n++)
            tenants.Add(await host.NewTenantAsync(n < 2 ? Tier.Free : Tier.Pro, o => { if (n == 4) o.Try(over, o.CreatedAt); }));
        foreach (var tenant in tenants)
            await host.Api.ExecuteAsync("update organizations set name = $2 where id = $1", tenant.Id.Value, $"{mark} %_ {tenant.Slug}");
        var @operator = await host.Api.OperatorAsync();
        var q = Uri.EscapeDataString(mark.ToUpperInvariant());

        var pages = await @operator.PagesAsync($"{Tenants}?limit=2&q={q}");
        pages.SelectMany(page => page.Ids()).ShouldBe(tenants.Select(tenant => tenant.Id.Value).Reverse());
        (await @operator.GetAsync($"{Tenants}?q={q}&plan=free")).Data().Count.ShouldBe(2);
        var suspended = (await @operator.GetAsync($"{Tenants}?q={q}&status=suspended")).Data().ShouldHaveSingleItem();
        (suspended["id"]!.GetValue<Guid>(), suspended["suspensionReason"]!.GetValue<string>()).ShouldBe((tenants[4].Id.Value, "billing"));
        (await @operator.GetAsync($"{Tenants}?q={q}&status=trial")).Data().ShouldBeEmpty();
        (await @operator.GetAsync($"{Tenants}?q={Uri.EscapeDataString(mark + " __")}")).Data().ShouldBeEmpty("what is meant by the letter is no pattern");
        (await @operator.GetAsync($"{Tenants}?q={tenants[0].Slug}")).Ids().ShouldBe([tenants[0].Id.Value]);
        (await @operator.GetAsync($"{Tenants}?status=purged")).ShouldBeInvalid("?status", "unknown_state");
        (await @operator.GetAsync($"{Tenants}?plan=gold")).ShouldBeInvalid("?plan", "unknown_plan");
    }

    [Fact]
    public async Task Canaries_and_the_purged_are_not_listed()
    {
        var purged = await host.Api.QueryAsync<Guid[]>("select array_agg(id) from organizations where state = 'purged'");
        purged.ShouldNotBeEmpty();

        foreach (var page in await (await host.Api.OperatorAsync()).PagesAsync($"{Tenants}?limit=100"))
            page.Ids().Intersect(purged).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_plan_that_is_changed_counts_from_the_next_request()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        await organizer.DraftEventAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        var @operator = await host.Api.OperatorAsync();

        var changed = await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { plan = "pro", name = "Acme", reason = "Ticket 4717" }, "\"1\"");

        (changed.ShouldBe(HttpStatusCode.OK).Get<string>("plan"), changed.Get<string>("name"), changed.ETag).ShouldBe(("pro", "Acme", "\"2\""));
        await organizer.DraftEventAsync();
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { plan = "free", reason = "x" }, "\"1\""))
            .ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { plan = "free", reason = "x" }, ifMatch: null))
            .ShouldBeProblem(HttpStatusCode.PreconditionRequired, "precondition_required");
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { name = "", reason = "x" }, "*")).ShouldBeInvalid("/name", "not_empty");
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { state = "trial", reason = "x" }, "*")).ShouldBeInvalid("/state", "unknown_member");
        (await tenant.DeedsAsync()).ShouldContain("tenant.changed");
    }

    [Fact]
    public async Task Each_change_has_a_reason_which_stands_in_both_logs_and_is_not_kept_for_the_next()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var @operator = await host.Api.OperatorAsync();

        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { plan = "pro", reason = "Ticket 4717" }, "*")).ShouldBe(HttpStatusCode.OK);
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { name = "Acme" }, "*")).ShouldBeInvalid("/reason", "not_empty");
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { name = "Acme", reason = new string('x', 501) }, "*"))
            .ShouldBeInvalid("/reason", "maximum_length");
        (await @operator.PatchAsync($"{Tenants}/{tenant.Id}", new { name = "Acme", reason = "Ticket 4718" }, "*")).ShouldBe(HttpStatusCode.OK);

        foreach (var log in new[] { "audit_logs", "platform_audit_logs" })
            (await host.Api.QueryAsync<string>(
                $"""
                select string_agg(concat_ws(' ', details ->> 'before', details ->> 'plan', details ->> 'reason', details ->> 'operator'), ',' order by id)
                from {log} where row_id = $1 and action = 'tenant.changed'
                """,
                tenant.Id.Value)).ShouldBe("free pro Ticket 4717 Operator,Ticket 4718 Operator", log);
    }

    [Theory]
    [InlineData(3)] // days of its trial that are left
    [InlineData(-3)] // over, and no sweep has seen it
    public async Task A_trial_that_is_moved_to_the_free_plan_needs_no_payment_and_is_active_at_once(int days)
    {
        var now = TimeProvider.System.GetUtcNow();
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Try(now.AddDays(days), o.CreatedAt));

        var changed = await FreeAsync(tenant);

        (changed.Get<string>("state"), changed.Get<string>("plan"), changed.Get<long>("version")).ShouldBe(("active", "free", 4));
        changed.ETag.ShouldBe("\"4\"");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.changed", "tenant.subscribed"]);
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).ShouldBeEmpty();
        (await (await tenant.OrganizerAsync()).PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Who_is_suspended_for_want_of_payment_and_moved_to_the_free_plan_is_reinstated()
    {
        var now = TimeProvider.System.GetUtcNow();
        var tenant = await host.NewTenantAsync(Tier.Pro, o =>
        {
            o.Try(now.AddDays(-3), o.CreatedAt);
            o.Suspend(SuspensionReason.Billing, now.AddDays(-3), now.AddDays(11));
        });

        (await FreeAsync(tenant)).Get<string>("state").ShouldBe("active");

        (await tenant.DeedsAsync()).ShouldBe(["tenant.changed", "tenant.reinstated"]);
        (await host.Api.QueryAsync<bool>(
            "select grace_ends_at is null and suspension_reason is null from organizations where id = $1", tenant.Id.Value)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_an_operator_has_suspended_waits_for_an_operator_and_then_has_no_trial_to_go_back_to()
    {
        var now = TimeProvider.System.GetUtcNow();
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Try(now.AddDays(3), o.CreatedAt));
        var @operator = await host.Api.OperatorAsync();
        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/suspend", Grounds)).ShouldBe(HttpStatusCode.OK);

        (await FreeAsync(tenant)).Get<string>("suspensionReason").ShouldBe("operator");

        (await @operator.PostAsync($"{Tenants}/{tenant.Id}/reinstate", Grounds)).ShouldBe(HttpStatusCode.OK)
            .Get<string>("state").ShouldBe("active");
    }

    [Fact]
    public async Task Who_is_deleted_stays_deleted_whatever_plan_it_is_moved_to()
    {
        var now = TimeProvider.System.GetUtcNow();
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Try(now.AddDays(-20), o.CreatedAt)); // its grace is over, too

        (await FreeAsync(tenant)).Get<string>("state").ShouldBe("deleted");
    }

    [Fact]
    public async Task An_owner_cannot_wash_an_operators_suspension_off()
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();
        foreach (var deed in new[] { "suspend", "delete" })
            (await @operator.PostAsync($"{Tenants}/{tenant.Id}/{deed}", Grounds)).ShouldBe(HttpStatusCode.OK);

        var restored = (await (await tenant.OwnerAsync()).PostAsync("/v1/tenant/restore")).ShouldBe(HttpStatusCode.OK);

        (restored.Get<string>("state"), restored.Get<string>("suspensionReason")).ShouldBe(("suspended", "operator"));
        (await tenant.StandsAsync()).ShouldBe("suspended operator 4");
    }

    [Fact]
    public async Task Of_many_operators_at_once_one_suspends_and_each_other_is_told_why_not()
    {
        var tenant = await host.NewTenantAsync();
        var @operator = await host.Api.OperatorAsync();

        (await Answers.ParallelAsync(12, _ => @operator.PostAsync($"{Tenants}/{tenant.Id}/suspend", Grounds))).Tally()
            .ShouldBe("1 x 200, 11 x 409 invalid_transition");

        (await tenant.DeedsAsync()).ShouldBe(["tenant.suspended"]);
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).ShouldHaveSingleItem();
    }

    private static Task<Answer> ExtendAsync(ApiClient @operator, TestTenant tenant, object content) =>
        @operator.PostAsync($"{Tenants}/{tenant.Id}/extend-trial", content);

    private async Task<Answer> FreeAsync(TestTenant tenant) => (await (await host.Api.OperatorAsync()).PatchAsync(
        $"{Tenants}/{tenant.Id}", new { plan = "free", reason = "Ticket 4717" }, "*")).ShouldBe(HttpStatusCode.OK);

    private static Task<string[]> PlatformDeedsAsync(TestTenant tenant) => tenant.Api.QueryAsync<string[]>(
        "select array_agg(action::text order by id) from platform_audit_logs where row_id = $1", tenant.Id.Value);
}
