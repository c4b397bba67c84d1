using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>What is cleared away, and what stays, on a database of its own: the sweeps look at all tenants.</summary>
public sealed class RowKeepingTests(TestHost host) : IAsyncLifetime
{
    private TestApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Of_each_kind_what_is_old_goes_and_what_is_young_stays()
    {
        var (tenant, other) = (await _api.NewTenantAsync(), await _api.NewTenantAsync());
        foreach (var one in new[] { tenant, other })
            foreach (var (kind, age, _) in Kinds)
            {
                await AddAsync(one, kind, age + TimeSpan.FromMinutes(5));
                await AddAsync(one, kind, age - TimeSpan.FromMinutes(5));
            }

        var lines = await tenant.RowsAsync("audit_logs");
        (await _api.SweepAsync(new ExpireTenantRows())).Count.ShouldBe(2 * Kinds.Sum(kind => kind.Rows));
        (await _api.SweepAsync(new ExpireTenantRows())).Count.ShouldBe(0);

        foreach (var one in new[] { tenant, other })
            foreach (var table in Kinds.Select(kind => kind.Kind).Append("refresh_tokens"))
                (await one.RowsAsync(table)).ShouldBe(1, table);
        (await tenant.RowsAsync("audit_logs")).ShouldBe(lines, "the log does not fill with what was only cleared away");
    }

    [Fact]
    public async Task What_is_dead_or_not_over_stays_however_old_it_is()
    {
        var tenant = await _api.NewTenantAsync();
        await _api.ExecuteAsync(
            """
            insert into outbox (org_id, id, kind, payload, created_at, available_at, dead_at)
            values ($1, gen_random_uuid(), 'test', '', now() - interval '1 year', now(), now() - interval '1 year'),
              ($1, gen_random_uuid(), 'test', '', now() - interval '1 year', now(), null)
            """,
            tenant.Id.Value);
        await _api.ExecuteAsync(
            """
            insert into operations (org_id, id, kind, status, done, arguments, started_by, attempts, fence, created_at, updated_at)
            values ($1, gen_random_uuid(), 'export', 'running', 0, '{}', $2, 0, 0, now() - interval '1 year', now())
            """,
            tenant.Id.Value, tenant.User("super_admin").Id.Value);
        await _api.TokenAsync(tenant.User("super_admin"));

        (await _api.SweepAsync(new ExpireTenantRows())).Count.ShouldBe(0);

        (await tenant.RowsAsync("outbox"), await tenant.RowsAsync("operations"), await tenant.RowsAsync("sessions")).ShouldBe((2, 1, 1));
    }

    [Fact]
    public async Task The_function_clears_the_bound_tenant_and_no_other()
    {
        var (tenant, other) = (await _api.NewTenantAsync(), await _api.NewTenantAsync());
        foreach (var one in new[] { tenant, other }) await AddAsync(one, "idempotency_keys", TimeSpan.FromDays(9));
        var ct = TestContext.Current.CancellationToken;
        await using var connection = new NpgsqlConnection(host.Postgres.ConnectionString(_api.Database, "platform_role"));
        await connection.OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync("select set_tenant_context($1, null, null, 'system', null, null, null)", tenant.Id.Value);

        (await connection.ScalarAsync<long?>("select expire_tenant_rows($1, 100)", other.Id.Value)).ShouldBe(0);

        await transaction.CommitAsync(ct);
        (await other.RowsAsync("idempotency_keys")).ShouldBe(1);
    }

    [Fact]
    public async Task Invitations_that_expired_a_week_ago_give_their_seats_back_and_no_others()
    {
        var tenant = await _api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        Guid[] invited =
        [
            await InviteAsync(owner, "old@x.test"), await InviteAsync(owner, "older@x.test"), await InviteAsync(owner, "lately@x.test"),
            await InviteAsync(owner, "young@x.test"),
        ];
        await _api.ExecuteAsync("update invitations set expires_at = now() - interval '7 days 5 minutes' where id = any ($1)", invited[..2]);
        await _api.ExecuteAsync("update invitations set expires_at = now() - interval '6 days 23 hours' where id = $1", invited[2]);
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(9);

        var swept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _api.SweepAsync(new ExpireInvitations())));

        swept.Sum(one => one.Count).ShouldBe(2);
        (await owner.GetAsync("/v1/invitations")).Ids().ShouldBe([invited[3], invited[2]]);
        (await tenant.UsedAsync(Quota.Members)).ShouldBe(7);
        await tenant.ShouldBalanceAsync();
        (await owner.PostAsync($"/v1/invitations/{invited[0]}/resend")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await owner.PostAsync($"/v1/invitations/{invited[2]}/resend")).ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Whoever comes first, the counter says what is there.</summary>
    [Fact]
    public async Task Sweeping_while_invitations_come_and_go_leaves_the_counter_exact()
    {
        var tenant = await _api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        for (var round = 0; round < 5; round++)
        {
            Guid[] invited = [await InviteAsync(owner, $"a{round}@x.test"), await InviteAsync(owner, $"b{round}@x.test")];
            await _api.ExecuteAsync("update invitations set expires_at = now() - interval '8 days' where id = any ($1)", invited);

            await Task.WhenAll(
                _api.SweepAsync(new ExpireInvitations()),
                owner.PostAsync($"/v1/invitations/{invited[0]}/resend"),
                owner.DeleteAsync($"/v1/invitations/{invited[1]}", ifMatch: null),
                owner.PostAsync("/v1/invitations", Sample.Invitation($"b{round}@x.test")),
                _api.SweepAsync(new ExpireInvitations()));

            await tenant.ShouldBalanceAsync();
        }
    }

    [Fact]
    public async Task A_key_of_a_sign_up_is_forgotten_after_a_day()
    {
        await _api.ExecuteAsync(
            """
            insert into sign_up_keys (key_hash, request_hash, tenant_id, operation_id, created_at)
            values ('\x01', '\x01', gen_random_uuid(), gen_random_uuid(), now() - interval '24 hours 5 minutes'),
              ('\x02', '\x02', gen_random_uuid(), gen_random_uuid(), now() - interval '23 hours 55 minutes')
            """);

        (await _api.SweepAsync(new ExpireSignUpKeys())).Count.ShouldBe(1);

        (await _api.QueryAsync<byte[]>("select key_hash from sign_up_keys")).ShouldBe([2]);
    }

    private static readonly (string Kind, TimeSpan Age, int Rows)[] Kinds =
    [
        ("idempotency_keys", TimeSpan.FromHours(24), 1),
        ("one_time_tokens", TimeSpan.FromDays(1), 1),
        ("sessions", TimeSpan.FromDays(30), 2), // with its refresh token
        ("outbox", TimeSpan.FromDays(7), 1),
        ("operations", TimeSpan.FromDays(90), 1),
    ];

    private Task AddAsync(TestTenant tenant, string kind, TimeSpan age) => _api.ExecuteAsync(
        kind switch
        {
            "idempotency_keys" =>
                """
                insert into idempotency_keys (org_id, caller_id, key, request_hash, answer, created_at)
                values ($1, $2, gen_random_uuid(), '\x01', '{}', now() - $3)
                """,
            "one_time_tokens" =>
                """
                insert into one_time_tokens (org_id, hash, user_id, purpose, created_at, expires_at)
                values ($1, uuid_send(gen_random_uuid()), $2, 'password_reset', now() - interval '1 year', now() - $3)
                """,
            "sessions" =>
                """
                with session as (
                  insert into sessions
                    (org_id, id, user_id, created_at, authenticated_at, last_used_at, expires_at, revoked_at, client_address)
                  values ($1, gen_random_uuid(), $2, now() - interval '1 year', now(), now(), now() + interval '1 day', now() - $3, 'x')
                  returning id)
                insert into refresh_tokens (org_id, hash, session_id, issued_at, expires_at)
                select $1, uuid_send(gen_random_uuid()), id, now() - interval '1 year', now() - interval '1 year' from session
                """,
            "outbox" =>
                """
                insert into outbox (org_id, id, kind, payload, created_at, available_at, done_at)
                select $1, gen_random_uuid(), 'test', '{}', now() - interval '1 year', now(), now() - $3 where $2 <> $1
                """,
            "operations" =>
                """
                insert into operations
                  (org_id, id, kind, status, done, arguments, started_by, attempts, fence, created_at, updated_at, finished_at)
                values ($1, gen_random_uuid(), 'export', 'succeeded', 0, '{}', $2, 1, 1, now() - interval '1 year', now(), now() - $3)
                """,
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        },
        tenant.Id.Value, tenant.User("super_admin").Id.Value, age);

    private static async Task<Guid> InviteAsync(ApiClient owner, string email) =>
        (await owner.PostAsync("/v1/invitations", Sample.Invitation(email))).ShouldBe(HttpStatusCode.Created).Id;
}
