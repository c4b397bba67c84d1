using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.SignUps;

namespace CleanTenancy.IntegrationTests.Platform;

public sealed class RetryProvisioningTests(TestHost host, SignUpClock clocked) : IClassFixture<SignUpClock>
{
    private static readonly object Why = new { reason = "Ticket 4713: the database was down" };

    [Fact]
    public async Task It_is_set_up_from_the_beginning_and_can_be_activated()
    {
        var visitor = await FailedAsync();

        (await RetryAsync(visitor)).ShouldBe(HttpStatusCode.NoContent);
        (await visitor.NameAsync()).ShouldBe(visitor.Slug);
        await visitor.ProvisionAsync();

        await visitor.ShouldBeSetUpAsync();
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);
        await visitor.OwnerAsync();
    }

    [Fact]
    public async Task The_reason_stands_in_the_tenants_log_and_in_the_platforms()
    {
        var visitor = await FailedAsync();

        (await RetryAsync(visitor)).ShouldBe(HttpStatusCode.NoContent);

        foreach (var log in new[] { "audit_logs", "platform_audit_logs" })
            (await clocked.Api.QueryAsync<long>(
                $"select count(*) from {log} where row_id = $1 and details ->> 'reason' like 'Ticket 4713%' and actor_kind = 'operator'",
                visitor.Id.Value)).ShouldBe(1, log);
    }

    [Fact]
    public async Task Its_name_may_be_somebody_elses_by_now()
    {
        var visitor = await FailedAsync();
        var other = new Visitor(clocked.Api);
        (await other.AskAsync(other.Body().With($$"""{"slug":"{{visitor.Slug}}"}"""))).ShouldBe(HttpStatusCode.Accepted);

        (await RetryAsync(visitor)).ShouldBeProblem(HttpStatusCode.Conflict, "slug_taken");

        (await visitor.StateAsync()).ShouldBe("provisioning_failed");
        (await visitor.RowsAsync("usage_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task Who_asked_is_forgotten_with_the_time_and_then_there_is_nothing_to_retry()
    {
        var visitor = await FailedAsync();
        clocked.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        await clocked.Api.SweepAsync(new ExpireSignUps());

        (await RetryAsync(visitor)).ShouldBeProblem(HttpStatusCode.Conflict, "sign_up_forgotten");

        (await visitor.StateAsync()).ShouldBe("provisioning_failed");
        (await clocked.Api.QueryAsync<string>("select name from organizations where id = $1", visitor.Id.Value)).ShouldBe("");
        (await clocked.Api.QueryAsync<string>("select slug from sign_ups where org_id = $1", visitor.Id.Value))
            .ShouldBe(await visitor.NameAsync(), "the name that was wanted may be a person's");
        (await visitor.StatusAsync()).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Who_is_tried_again_while_the_sweep_looks_is_not_forgotten()
    {
        var visitor = await FailedAsync();
        clocked.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        await using var retry = await RowLock.TakeAsync(
            host, "update organizations set state = 'provisioning', state_since = state_since + interval '7 days' where id = $1",
            visitor.Id.Value, clocked.Api.Database);
        var sweep = clocked.Api.SweepAsync(new ExpireSignUps());
        await retry.WaitForOneAsync();

        await retry.CommitAsync();
        await sweep;

        (await clocked.Api.QueryAsync<string>("select admin_email from sign_ups where org_id = $1", visitor.Id.Value)).ShouldBe(visitor.Email);
    }

    [Fact]
    public async Task Who_failed_and_is_tried_again_while_the_sweep_looks_is_not_undone()
    {
        var visitor = await (await new Visitor(clocked.Api).SignUpAsync()).ProvisionAsync();
        clocked.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        await using var retry = await RowLock.TakeAsync(
            host, "update organizations set state_since = state_since + interval '7 days' where id = $1", visitor.Id.Value, clocked.Api.Database);
        var sweep = clocked.Api.SweepAsync(new ExpireSignUps());
        await retry.WaitForOneAsync();

        await retry.CommitAsync();
        await sweep;

        (await visitor.StateAsync()).ShouldBe("provisioning");
        (await visitor.StepsAsync()).ShouldNotContain("undone");
    }

    [Fact]
    public async Task The_tenants_row_is_locked_before_the_sign_up()
    {
        var visitor = await FailedAsync();
        Task<Answer> retry;
        await using (var held = await RowLock.TakeAsync(
            host, "select 1 from organizations where id = $1 for update", visitor.Id.Value, clocked.Api.Database))
        {
            retry = RetryAsync(visitor);
            await held.WaitForOneAsync();
            (await clocked.Api.QueryAsync<int>("select 1 from sign_ups where org_id = $1 for update nowait", visitor.Id.Value)).ShouldBe(1);
        }

        (await retry).ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task An_undone_sign_up_has_no_certificate_of_erasure_and_neither_has_one_that_is_tried_again()
    {
        var (visitor, operators) = (await FailedAsync(), await clocked.Api.OperatorAsync());
        var certificate = $"/v1/platform/tenants/{visitor.Id}/erasure-certificate";

        (await operators.GetAsync(certificate)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await RetryAsync(visitor)).ShouldBe(HttpStatusCode.NoContent);
        await visitor.ProvisionAsync();
        (await operators.GetAsync(certificate)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Racing_one_retries()
    {
        var visitor = await FailedAsync();
        var operators = await clocked.Api.OperatorAsync();

        var answers = await Answers.ParallelAsync(8, _ => operators.PostAsync(Path(visitor.Id.Value), Why));

        answers.Tally().ShouldBe("1 x 204, 7 x 409 invalid_transition");
        await visitor.ProvisionAsync();
        await visitor.ShouldBeSetUpAsync();
    }

    [Fact]
    public async Task Nothing_else_is_retried()
    {
        var (tenant, operators) = (await host.NewTenantAsync(), await host.Api.OperatorAsync());
        var waiting = await new Visitor(host.Api).SignUpAsync();

        (await operators.PostAsync(Path(tenant.Id.Value), Why)).ShouldBeInvalidTransition("active", "retry");
        (await operators.PostAsync(Path(waiting.Id.Value), Why)).ShouldBeInvalidTransition("provisioning", "retry");
        (await operators.PostAsync(Path(waiting.Id.Value), new { reason = "" })).ShouldBeInvalid("/reason", "not_empty");
        foreach (var id in new[] { Answers.RandomId(), new Guid("00000000-0000-7000-8000-0000000ca00a") })
            (await operators.PostAsync(Path(id), Why)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await host.Api.Platform.PostAsync(Path(tenant.Id.Value), Why)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private async Task<Answer> RetryAsync(Visitor visitor) =>
        await (await clocked.Api.OperatorAsync()).PostAsync(Path(visitor.Id.Value), Why);

    private static string Path(Guid id) => $"/v1/platform/tenants/{id}/retry";

    private Task<Visitor> FailedAsync() => new Visitor(clocked.Api).FailAsync();
}
