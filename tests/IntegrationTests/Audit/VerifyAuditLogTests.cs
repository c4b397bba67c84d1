using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Audit;

/// <summary>The chain of seals: whole when nobody touched it, and telling who was touched when somebody did.</summary>
public sealed class VerifyAuditLogTests(TestHost host)
{
    private const string Verify = "/v1/audit/verify";

    [Fact]
    public async Task A_log_that_nobody_touched_is_whole_up_to_its_newest_seal()
    {
        var (tenant, owner) = await SealedAsync();

        var answer = await owner.GetAsync(Verify);

        answer.ShouldBe(HttpStatusCode.OK).Get<bool>("whole").ShouldBeTrue(answer.Text);
        answer.Get<int>("unsealed").ShouldBe(0);
        answer.Body!["breaches"]!.AsArray().ShouldBeEmpty();
        answer.Body!["wholeThrough"]!.ToJsonString().ShouldBe(answer.Body!["newest"]!.ToJsonString());
        (await SealedRowsAsync(tenant)).ShouldBe(await tenant.RowsAsync("audit_logs"));
    }

    [Fact]
    public async Task A_young_line_waits_for_its_seal_and_breaks_nothing()
    {
        var (_, owner) = await SealedAsync();
        await owner.DraftEventAsync(); // the row and the deed

        var answer = await owner.GetAsync(Verify);

        (answer.Get<bool>("whole"), answer.Get<int>("unsealed")).ShouldBe((true, 2));
        await host.Api.SweepAsync(new SealAuditLogs());
        (await owner.GetAsync(Verify)).Get<int>("unsealed").ShouldBe(0);
    }

    [Fact]
    public async Task Before_the_first_seal_there_is_nothing_to_be_whole()
    {
        var tenant = await host.NewTenantAsync();

        var answer = await (await tenant.OwnerAsync()).GetAsync(Verify);

        (answer.ShouldBe(HttpStatusCode.OK).Get<bool>("whole"), answer.Body!["newest"]).ShouldBe((true, null));
        answer.Get<int>("unsealed").ShouldBePositive();
    }

    [Theory]
    [InlineData("update audit_logs set action = 'event.deleted' where org_id = $1 and id = $2", "row_changed")]
    [InlineData("update audit_logs set actor_id = gen_random_uuid() where org_id = $1 and id = $2", "row_changed")]
    [InlineData("update audit_logs set details = '{}' where org_id = $1 and id = $2", "row_changed")]
    [InlineData("update audit_logs set created_at = created_at - interval '1 microsecond' where org_id = $1 and id = $2", "row_changed")]
    [InlineData("delete from audit_logs where org_id = $1 and id = $2", "row_missing")]
    public async Task A_line_that_was_touched_is_named(string tampering, string problem)
    {
        var (tenant, owner) = await SealedAsync();
        var row = await host.Api.QueryAsync<Guid>(
            "select id from audit_logs where org_id = $1 and action = 'event.created' limit 1", tenant.Id.Value);
        await host.Api.ExecuteAsync(tampering, tenant.Id.Value, row);

        var answer = await owner.GetAsync(Verify);

        answer.Get<bool>("whole").ShouldBeFalse();
        var breach = answer.Body!["breaches"]!.AsArray().ShouldHaveSingleItem()!;
        (breach["seal"]!.GetValue<long>(), breach["problem"]!.GetValue<string>(), breach["rowId"]!.GetValue<Guid>())
            .ShouldBe((2, problem, row));
        answer.Body!["wholeThrough"]!["seal"]!.GetValue<long>().ShouldBe(1);
    }

    [Theory]
    [InlineData("update audit_seals set head = sha256(head) where org_id = $1 and seq = 2", "2 seal_changed, 3 seal_changed")]
    [InlineData("update audit_seals set previous = sha256(head) where org_id = $1 and seq = 2", "2 seal_changed")]
    [InlineData("update audit_seals set content = sha256(head) where org_id = $1 and seq = 2", "2 seal_changed")]
    [InlineData("update audit_seals set through_at = through_at - interval '60 days' where org_id = $1 and seq = 2", "2 seal_changed")]
    [InlineData("update audit_seals set row_ids = null, digests = null where org_id = $1 and seq = 2", "2 seal_emptied")]
    [InlineData("delete from audit_seals where org_id = $1 and seq = 2", "3 seal_changed, 3 seal_missing")]
    [InlineData("delete from audit_seals where org_id = $1 and seq = 1", "2 seal_changed, 2 seal_missing")]
    public async Task A_seal_that_was_touched_is_named(string tampering, string breaches)
    {
        var (tenant, owner) = await SealedAsync(seals: 3);
        await host.Api.ExecuteAsync(tampering, tenant.Id.Value);

        var answer = await owner.GetAsync(Verify);

        answer.Get<bool>("whole").ShouldBeFalse();
        string.Join(", ", answer.Body!["breaches"]!.AsArray().Where(b => b!["seal"] is not null)
            .Select(b => $"{b!["seal"]} {b["problem"]}")).ShouldBe(breaches);
    }

    [Fact]
    public async Task A_line_that_was_put_into_the_past_is_named()
    {
        var (tenant, owner) = await SealedAsync();
        await host.Api.ExecuteAsync(
            """
            insert into audit_logs (org_id, id, created_at, action, actor_kind)
            values ($1, gen_random_uuid(), now() - interval '2 hours', 'event.created', 'user')
            """,
            tenant.Id.Value);
        await host.Api.SweepAsync(new SealAuditLogs()); // and is not taken for a slow one

        var answer = await owner.GetAsync(Verify);

        answer.Get<bool>("whole").ShouldBeFalse();
        answer.Body!["breaches"]!.AsArray().ShouldHaveSingleItem()!["problem"]!.GetValue<string>().ShouldBe("row_added");
    }

    [Fact]
    public async Task Who_rewrites_the_whole_chain_is_caught_by_a_head_that_was_kept()
    {
        var (tenant, owner) = await SealedAsync();
        var kept = (await owner.GetAsync(Verify)).Body!["newest"]!;
        var query = $"{Verify}?seal={kept["seal"]}&head={kept["head"]}";
        var before = await owner.GetAsync(query);
        (before.Get<bool>("whole"), before.Get<bool>("kept")).ShouldBe((true, true));

        await host.Api.ExecuteAsync("delete from audit_seals where org_id = $1", tenant.Id.Value);
        await host.Api.ExecuteAsync("delete from audit_logs where org_id = $1 and action = 'event.created'", tenant.Id.Value);
        await ResealAsync(tenant);

        (await owner.GetAsync(Verify)).Get<bool>("whole").ShouldBeTrue("by itself it looks whole");
        var after = await owner.GetAsync(query);
        (after.Get<bool>("whole"), after.Get<bool>("kept")).ShouldBe((false, false));
    }

    [Theory]
    [InlineData("?seal=1", "?head")]
    [InlineData("?seal=0&head=0000000000000000000000000000000000000000000000000000000000000000", "?seal")]
    [InlineData("?head=0000000000000000000000000000000000000000000000000000000000000000", "?seal")]
    [InlineData("?seal=1&head=xyz", "?head")]
    public async Task What_is_given_is_a_seal_and_its_head(string query, string pointer)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.GetAsync(Verify + query)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
    }

    [Fact]
    public async Task Another_tenants_tampering_is_another_tenants()
    {
        var (tenant, _) = await SealedAsync();
        var (_, other) = await SealedAsync();
        await host.Api.ExecuteAsync("update audit_logs set action = 'x' where org_id = $1", tenant.Id.Value);

        (await other.GetAsync(Verify)).Get<bool>("whole").ShouldBeTrue();
    }

    [Fact]
    public async Task Sealers_side_by_side_seal_each_line_once_and_make_one_chain()
    {
        var (tenant, owner) = await SealedAsync();
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
            {
                await owner.DraftEventAsync();
                await host.Api.SweepAsync(new SealAuditLogs());
            }));
        }

        await host.Api.SweepAsync(new SealAuditLogs());

        (await owner.GetAsync(Verify)).Get<bool>("whole").ShouldBeTrue();
        (await host.Api.QueryAsync<long>(
            "select count(*) - count(distinct id) from (select unnest(row_ids) id from audit_seals where org_id = $1) r",
            tenant.Id.Value)).ShouldBe(0);
        (await SealedRowsAsync(tenant)).ShouldBe(await tenant.RowsAsync("audit_logs"));
    }

    [Fact]
    public async Task A_slow_transaction_loses_no_line()
    {
        var (tenant, owner) = await SealedAsync();
        await using (var slow = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "application_role") + ";Pooling=false"))
        {
            await slow.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = await slow.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await Database.Sql.ExecuteAsync(slow, "select set_tenant_context($1, null, null)", tenant.Id.Value);
            await Database.Sql.ExecuteAsync(slow, "select record_deed('event.created', null, null, null)");
            await owner.DraftEventAsync();
            // Newer lines are sealed meanwhile, and the writer waits for nobody.
            await host.Api.SweepAsync(new SealAuditLogs());
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }

        (await owner.GetAsync(Verify)).Get<int>("unsealed").ShouldBe(1);
        await owner.DraftEventAsync();
        await host.Api.SweepAsync(new SealAuditLogs());

        var answer = await owner.GetAsync(Verify);
        (answer.Get<bool>("whole"), answer.Get<int>("unsealed")).ShouldBe((true, 0));
    }

    [Fact]
    public async Task A_writer_does_not_wait_for_a_sealing_that_is_under_way()
    {
        var (tenant, owner) = await SealedAsync();
        await owner.DraftEventAsync();
        await using var sealing = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "platform_role") + ";Pooling=false");
        await sealing.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await sealing.BeginTransactionAsync(TestContext.Current.CancellationToken);
        (await Database.Sql.ScalarAsync<int>(sealing, "select seal_audit_log($1, 1000)", tenant.Id.Value)).ShouldBePositive();

        await owner.DraftEventAsync(); // its locks would time out

        await host.Api.SweepAsync(new SealAuditLogs()); // and another sealer passes by
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        (await owner.GetAsync(Verify)).Get<bool>("whole").ShouldBeTrue();
    }

    [Fact]
    public async Task Many_seals_are_verified_piece_by_piece()
    {
        var (tenant, owner) = await SealedAsync();
        for (var n = 0; n < 20; n++) await owner.DraftEventAsync();
        await using (var platform = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "platform_role") + ";Pooling=false"))
        {
            await platform.OpenAsync(TestContext.Current.CancellationToken);
            while (await Database.Sql.ScalarAsync<int>(platform, "select seal_audit_log($1, 1)", tenant.Id.Value) > 0)
            {
                // One line each, to have more of them than are verified at once.
            }
        }

        (await tenant.RowsAsync("audit_seals")).ShouldBeGreaterThan(40);
        (await owner.GetAsync(Verify)).Get<bool>("whole").ShouldBeTrue();
        await host.Api.ExecuteAsync(
            "update audit_logs set action = 'x' where org_id = $1 and id = (select row_ids[1] from audit_seals where org_id = $1 order by seq desc limit 1)",
            tenant.Id.Value);
        (await owner.GetAsync(Verify)).Body!["breaches"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Retention_takes_what_the_plan_keeps_no_longer_and_the_chain_stays_whole()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var (free, pro) = (await api.NewTenantAsync(Tier.Free), await api.NewTenantAsync());
        foreach (var tenant in new[] { free, pro })
        {
            await api.ExecuteAsync("select ensure_audit_partitions((now() - interval '3 months')::date, 3)");
            await api.ExecuteAsync(
                """
                insert into audit_logs (org_id, id, created_at, action, actor_kind)
                select $1, audit_log_id(at), at, 'event.created', 'user'
                from generate_series(1, 5) n, lateral (select now() - interval '40 days' + n * interval '1 second' as at) t
                """,
                tenant.Id.Value);
            await api.ExecuteAsync("select seal_audit_log($1, 5)", tenant.Id.Value);
        }

        await api.SweepAsync(new SealAuditLogs());
        var (freeRows, proRows) = (await free.RowsAsync("audit_logs"), await pro.RowsAsync("audit_logs"));

        (await api.SweepAsync(new ExpireAuditLogs())).Count.ShouldBe(5);

        (await free.RowsAsync("audit_logs"), await pro.RowsAsync("audit_logs")).ShouldBe((freeRows - 5 + 1, proRows));
        (await free.DeedsAsync())[^1].ShouldBe("audit_log.expired");
        foreach (var tenant in new[] { free, pro })
        {
            var answer = await (await tenant.OwnerAsync()).GetAsync(Verify);
            answer.Get<bool>("whole").ShouldBeTrue(answer.Text);
        }

        (await api.SweepAsync(new ExpireAuditLogs())).Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("select expire_audit_log($1, now() - interval '28 days', 10)", "P0001")]
    [InlineData("delete from audit_logs where org_id = $1", "42501")]
    [InlineData("update audit_seals set row_ids = null where org_id = $1", "42501")]
    public async Task Not_even_the_platform_deletes_what_is_young(string sql, string state)
    {
        var (tenant, _) = await SealedAsync();
        await using var platform = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "platform_role") + ";Pooling=false");
        await platform.OpenAsync(TestContext.Current.CancellationToken);

        (await Database.Sql.RefusalAsync(() => Database.Sql.ExecuteAsync(platform, sql, tenant.Id.Value))).State.ShouldBe(state);
    }

    [Fact]
    public async Task Partitions_are_made_ahead_and_empty_ones_that_are_over_go()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync();
        await api.ExecuteAsync("select ensure_audit_partitions((now() - interval '40 months')::date, 12)");
        await api.ExecuteAsync(
            """
            insert into audit_logs (org_id, id, created_at, action, actor_kind)
            values ($1, gen_random_uuid(), now() - interval '35 months', 'event.created', 'user')
            """,
            tenant.Id.Value);
        await api.ExecuteAsync("do $$ begin execute format('drop table %I', 'audit_logs_' || to_char(now() + interval '6 months', 'YYYY_MM')); end $$");

        (await api.SweepAsync(new KeepAuditPartitions())).Count.ShouldBe(12); // one is made, eleven go, one holds a row

        (await api.QueryAsync<bool>("select to_regclass('audit_logs_' || to_char(now() + interval '6 months', 'YYYY_MM')) is not null")).ShouldBeTrue();
        (await api.QueryAsync<bool>("select to_regclass('audit_logs_' || to_char(now() - interval '35 months', 'YYYY_MM')) is not null")).ShouldBeTrue();
        (await api.QueryAsync<bool>("select to_regclass('audit_logs_' || to_char(now() - interval '36 months', 'YYYY_MM')) is null")).ShouldBeTrue();
        (await api.Platform.GetAsync("/health/ready")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_may_not_read_the_log_may_not_verify_it() =>
        (await (await (await host.NewTenantAsync()).AsAsync(BuiltInRoles.Organizer)).GetAsync(Verify))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

    /// <summary>A tenant with an event in its second seal.</summary>
    private async Task<(TestTenant Tenant, ApiClient Owner)> SealedAsync(int seals = 2)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await ResealAsync(tenant);
        for (var n = 1; n < seals; n++)
        {
            await owner.DraftEventAsync();
            await ResealAsync(tenant);
        }

        return (tenant, owner);
    }

    private Task ResealAsync(TestTenant tenant) =>
        host.Api.ExecuteAsync("select seal_audit_log($1, 1000)", tenant.Id.Value);

    private Task<long> SealedRowsAsync(TestTenant tenant) => host.Api.QueryAsync<long>(
        "select coalesce(sum(row_count), 0)::bigint from audit_seals where org_id = $1", tenant.Id.Value);
}
