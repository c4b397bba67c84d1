using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>What operators see of the tenants' outboxes, and do about what is dead.</summary>
public sealed class OutboxTests(TestHost host)
{
    private const string Reason = "Ticket 4713: the mail server takes it again";

    [Fact]
    public async Task Operators_find_what_is_dead_without_what_it_holds()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var operators = await host.Api.OperatorAsync();
        var (due, done, dead) = (await QueueAsync(tenant, ""), await QueueAsync(tenant, "done_at = now()"), await DeadAsync(tenant));
        await DeadAsync(other);

        (await operators.GetAsync($"/v1/platform/outbox?tenant={tenant.Id}")).Ids().ShouldBe([dead, done, due]);
        foreach (var (status, id) in new[] { ("due", due), ("done", done), ("dead", dead) })
        {
            var row = (await operators.GetAsync($"/v1/platform/outbox?tenant={tenant.Id}&status={status}")).Data().ShouldHaveSingleItem();
            (row["id"]!.GetValue<Guid>(), row["status"]!.GetValue<string>(), row["tenantId"]!.GetValue<Guid>()).ShouldBe((id, status, tenant.Id.Value));
        }

        var found = await operators.GetAsync($"/v1/platform/outbox?tenant={tenant.Id}&status=dead");
        found.Text.ShouldNotContain("secret");
        found.Data()[0].ToJsonString().ShouldContain("\"kind\":\"test\",\"status\":\"dead\",\"attempts\":12");
        found.Data()[0]["lastError"]!.GetValue<string>().ShouldBe("It is poisoned.");
        (await operators.PagesAsync($"/v1/platform/outbox?tenant={tenant.Id}&limit=1")).SelectMany(page => page.Ids()).ShouldBe([dead, done, due]);
        (await operators.GetAsync("/v1/platform/outbox?status=lost")).ShouldBeInvalid("?status", "unknown_status");
    }

    [Fact]
    public async Task Of_all_tenants_each_is_seen_and_no_canary()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var operators = await host.Api.OperatorAsync();
        Guid[] wanted = [await DeadAsync(tenant), await DeadAsync(other)];

        var seen = (await operators.PagesAsync("/v1/platform/outbox?status=dead&limit=100")).SelectMany(page => page.Data()).ToList();

        wanted.ShouldBeSubsetOf(seen.Select(row => row["id"]!.GetValue<Guid>()));
        var purged = await host.Api.QueryAsync<Guid[]>("select coalesce(array_agg(id), '{}') from organizations where state = 'purged'");
        seen.Select(row => row["tenantId"]!.GetValue<Guid>()).Intersect(purged).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dead_message_is_due_again_with_all_its_attempts_and_both_logs_say_why()
    {
        var tenant = await host.NewTenantAsync();
        var operators = await host.Api.OperatorAsync();
        var dead = await DeadAsync(tenant);

        var retried = (await operators.PostAsync($"/v1/platform/outbox/{dead}/retry", new { reason = Reason })).ShouldBe(HttpStatusCode.OK);

        (retried.Get<string>("status"), retried.Get<int>("attempts")).ShouldBe(("due", 0));
        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', attempts, dead_at is null, available_at <= now(), payload) from outbox where id = $1", dead)).ShouldBe("0 t t secret");
        var line = (await (await tenant.OwnerAsync()).GetAsync("/v1/audit?action=outbox_message.retried")).Data().ShouldHaveSingleItem();
        (line["rowId"]!.GetValue<Guid>(), line["details"]!["reason"]!.GetValue<string>(), line["actor"]!["kind"]!.GetValue<string>()).ShouldBe((dead, Reason, "operator"));
        var own = (await operators.GetAsync($"/v1/platform/audit?tenant={tenant.Id}")).Data().ShouldHaveSingleItem();
        own["action"]!.GetValue<string>().ShouldBe("outbox_message.retried");
        (own["operatorName"]!.GetValue<string>(), own["details"]!["message"]!.GetValue<Guid>()).ShouldBe(("Operator", dead));
    }

    [Fact]
    public async Task Retried_by_many_at_once_it_is_retried_once()
    {
        var tenant = await host.NewTenantAsync();
        var operators = await host.Api.OperatorAsync();
        var dead = await DeadAsync(tenant);

        (await Answers.ParallelAsync(8, _ => operators.PostAsync($"/v1/platform/outbox/{dead}/retry", new { reason = Reason }))).Tally()
            .ShouldBe("1 x 200, 7 x 404 not_found");

        (await tenant.DeedsAsync()).ShouldBe(["outbox_message.retried"]);
    }

    [Fact]
    public async Task What_is_not_dead_is_not_found_and_nothing_happens_without_a_reason()
    {
        var tenant = await host.NewTenantAsync();
        var operators = await host.Api.OperatorAsync();
        var dead = await DeadAsync(tenant);

        foreach (var id in new[] { await QueueAsync(tenant, ""), await QueueAsync(tenant, "done_at = now()"), Answers.RandomId() })
            (await operators.PostAsync($"/v1/platform/outbox/{id}/retry", new { reason = Reason })).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await operators.PostAsync($"/v1/platform/outbox/{dead}/retry", new { reason = " " })).ShouldBeInvalid("/reason", "not_empty");
        (await host.Api.Platform.PostAsync($"/v1/platform/outbox/{dead}/retry", new { reason = Reason })).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.Api.Platform.GetAsync("/v1/platform/outbox")).Status.ShouldBe(HttpStatusCode.Unauthorized);

        (await host.Api.QueryAsync<bool>("select dead_at is not null from outbox where id = $1", dead)).ShouldBeTrue();
        (await tenant.DeedsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_refused_for_ever_goes_out_when_an_operator_says_so()
    {
        using var sink = new SmtpSink { Mood = SinkMood.Refuses };
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(), options => options.Settings["Mail:Port"] = $"{sink.Port}");
        var (tenant, operators) = (await api.NewTenantAsync(), await api.OperatorAsync());
        await tenant.Anonymous.PostAsync("/v1/auth/password/forgot", new { email = tenant.Email("viewer") });
        await api.SweepAsync(new DispatchOutbox());
        var dead = (await operators.GetAsync("/v1/platform/outbox?status=dead")).Ids().ShouldHaveSingleItem();
        sink.Mood = SinkMood.Takes;

        (await operators.PostAsync($"/v1/platform/outbox/{dead}/retry", new { reason = Reason })).ShouldBe(HttpStatusCode.OK);
        (await api.SweepAsync(new DispatchOutbox())).Count.ShouldBe(1);

        sink.To(tenant.Email("viewer")).Count.ShouldBe(1);
        (await operators.GetAsync("/v1/platform/outbox?status=dead")).Ids().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_platforms_own_log_is_read_by_operators_page_by_page()
    {
        var operators = await host.Api.OperatorAsync();
        for (var more = 0; more < 2; more++) await host.Api.OperatorAsync(); // a line each, whoever else has left some

        var pages = await operators.PagesAsync($"/v1/platform/audit?limit=100&action=session.started&tenant={Answers.RandomId()}");
        pages.ShouldHaveSingleItem().Data().ShouldBeEmpty();
        var newest = (await operators.GetAsync("/v1/platform/audit?limit=2")).ShouldBe(HttpStatusCode.OK);
        newest.Data().Count.ShouldBe(2);
        var next = (await operators.GetAsync($"/v1/platform/audit?limit=2&cursor={newest.NextCursor()}")).Data();
        next.Select(line => line["id"]!.GetValue<Guid>()).Intersect(newest.Ids()).ShouldBeEmpty();
        (await host.Api.Platform.GetAsync("/v1/platform/audit")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static Task<Guid> DeadAsync(TestTenant tenant) =>
        QueueAsync(tenant, "dead_at = now(), attempts = 12, last_error = 'It is poisoned.'");

    private static async Task<Guid> QueueAsync(TestTenant tenant, string change)
    {
        var id = MessageId.New(TimeProvider.System.GetUtcNow()).Value;
        await tenant.Api.ExecuteAsync(
            "insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, $2, 'test', 'secret', now(), now())",
            tenant.Id.Value, id);
        if (change.Length > 0) await tenant.Api.ExecuteAsync($"update outbox set {change} where id = $1", id);
        await Task.Delay(2); // ids are in the order of milliseconds
        return id;
    }
}
