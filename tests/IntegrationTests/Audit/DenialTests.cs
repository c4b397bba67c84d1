using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Audit;

/// <summary>What was denied is remembered, though everything else about it was rolled back.</summary>
public sealed class DenialTests(TestHost host)
{
    [Fact]
    public async Task A_denied_attempt_stands_in_the_log_with_who_and_what()
    {
        var tenant = await host.NewTenantAsync();
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);

        await viewer.PostAsync("/v1/events", Sample.Event(), ("X-Request-Id", "denied-1"));

        (await tenant.DenialsAsync()).ShouldBe(["access.denied CreateEvent permission_denied"]);
        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', actor_kind, actor_id, address, request_id) from audit_logs where org_id = $1 and action = 'access.denied'",
            tenant.Id.Value)).ShouldBe($"user {tenant.User(BuiltInRoles.Viewer).Id} 127.0.0.1 denied-1");
    }

    [Fact]
    public async Task Another_tenants_token_is_remembered_at_the_host_and_names_nobody()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var stranger = await other.OwnerAsync();
        var before = await host.Api.QueryAsync<long>("select count(*) from audit_logs where org_id = $1", other.Id.Value);

        (await tenant.Anonymous.With(stranger.Token).GetAsync("/v1/events"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await tenant.DenialsAsync()).ShouldBe(["access.denied ListEvents foreign_token"]);
        (await host.Api.QueryAsync<string>(
            "select to_jsonb(l)::text from audit_logs l where org_id = $1 and action = 'access.denied'", tenant.Id.Value))
            .ShouldNotContain(other.User(BuiltInRoles.SuperAdmin).Id.ToString());
        (await host.Api.QueryAsync<long>("select count(*) from audit_logs where org_id = $1", other.Id.Value)).ShouldBe(before);
    }

    [Fact]
    public async Task Failed_sign_ins_are_remembered_with_their_reason_and_answered_alike()
    {
        var tenant = await host.NewTenantAsync();
        var suspended = tenant.User(BuiltInRoles.Staff);
        await host.Api.ExecuteAsync("update users set status = 'suspended' where org_id = $1 and id = $2", tenant.Id.Value, suspended.Id.Value);

        Answer[] answers =
        [
            await SignInAsync(tenant, tenant.Email(BuiltInRoles.Viewer), "correct-horse-wrong"),
            await SignInAsync(tenant, "nobody@leak.test", "correct-horse-wrong"),
            await SignInAsync(tenant, suspended.Email, TestHost.Password),
        ];

        answers.Tally().ShouldBe("3 x 401 unauthenticated");
        answers.ShouldAllBe(a => a.Comparable == answers[0].Comparable);
        (await tenant.DenialsAsync()).ShouldBe(
        [
            "session.refused SignIn wrong_password", "session.refused SignIn unknown_user", "session.refused SignIn user_suspended",
        ]);
        (await host.Api.QueryAsync<string>(
            "select string_agg(to_jsonb(l)::text, ' ') from audit_logs l where org_id = $1", tenant.Id.Value)).ShouldNotContain("leak");
    }

    [Fact]
    public async Task A_sign_in_that_the_tenants_state_refuses_is_remembered()
    {
        var tenant = await host.NewTenantAsync(configure: o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));

        (await SignInAsync(tenant, tenant.Email(BuiltInRoles.Viewer), TestHost.Password)).Status.ShouldBe(HttpStatusCode.Forbidden);

        (await tenant.DenialsAsync()).ShouldBe(["session.refused SignIn tenant_suspended"]);
    }

    [Fact]
    public async Task A_missing_or_bad_token_is_nobodys_attempt()
    {
        var tenant = await host.NewTenantAsync();

        foreach (var token in new[] { null, "garbage" }) await tenant.Anonymous.With(token).GetAsync("/v1/events");

        (await tenant.DenialsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_flood_is_cut_and_says_so_and_others_are_still_heard()
    {
        var tenant = await host.NewTenantAsync();
        var (viewer, staff) = (await tenant.AsAsync(BuiltInRoles.Viewer), await tenant.AsAsync(BuiltInRoles.Staff));

        var answers = await Answers.ParallelAsync(50, _ => viewer.PostAsync("/v1/events", Sample.Event()));
        await staff.PostAsync("/v1/events", Sample.Event());

        answers.Tally().ShouldBe("50 x 403 permission_denied");
        (await tenant.DenialsAsync()).Length.ShouldBe(31);
        (await host.Api.QueryAsync<long>(
            "select count(*) from audit_logs where org_id = $1 and details ? 'more'", tenant.Id.Value)).ShouldBe(1);
    }

    [Fact]
    public async Task A_denial_that_cannot_be_written_is_a_denial_all_the_same()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync();
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);
        (await viewer.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        await api.ExecuteAsync("revoke execute on function record_deed(text, uuid, uuid, jsonb) from application_role");

        (await viewer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }

    /// <summary>A binding that lies: the database is bound to another tenant than the host's.</summary>
    [Fact]
    public async Task A_transaction_that_is_bound_to_another_tenant_answers_nothing()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var (tenant, other) = (await api.NewTenantAsync(), await api.NewTenantAsync());
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        await (await other.OwnerAsync()).DraftEventAsync();
        var before = await other.TraceAsync();
        await api.ExecuteAsync($"""
            create or replace function set_tenant_context(p_org uuid, p_user uuid, p_ip text) returns text language sql
              as $$ select set_config('app.current_org_id', '{other.Id}', true) $$;
            create or replace function set_tenant_context(
              p_org uuid, p_user uuid, p_ip text, p_kind text, p_on_behalf_of uuid, p_request text, p_trace text)
              returns text language sql as $$ select set_config('app.current_org_id', '{other.Id}', true) $$
            """);

        foreach (var answer in new[]
        {
            await owner.GetAsync("/v1/events"), await owner.PostAsync("/v1/events", Sample.Event()),
        })
            answer.ShouldBeProblem(HttpStatusCode.InternalServerError, "internal_error");

        (await other.TraceAsync()).ShouldBe(before);
    }

    private static Task<Answer> SignInAsync(TestTenant tenant, string email, string password) =>
        tenant.Anonymous.PostAsync("/v1/auth/login", new { email, password });
}
