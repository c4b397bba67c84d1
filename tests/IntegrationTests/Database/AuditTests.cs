using CleanTenancy.Infrastructure.Persistence.Isolation;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>The log is appended to by one function and changed by nobody.</summary>
public sealed class AuditTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Record = "select record_deed('event.created', null, null, null)";

    [Theory]
    [InlineData("insert into audit_logs (org_id, id, created_at, action, actor_kind) values ($1, gen_random_uuid(), now(), 'x', 'user')")]
    [InlineData("update audit_logs set action = 'x' where org_id = $1")]
    [InlineData("delete from audit_logs where org_id = $1")]
    [InlineData("select from audit_logs where org_id = $1 for update")]
    public async Task The_API_cannot_change_the_log(string sql)
    {
        await using var app = await database.OpenAsync(database.App);
        await using var transaction = await app.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);

        (await Sql.RefusalAsync(() => app.ExecuteAsync(sql, OwnDatabase.A))).State.ShouldBe("42501");
    }

    [Theory]
    [InlineData("truncate audit_logs")]
    [InlineData("drop table audit_logs")]
    [InlineData("alter table audit_logs add column x int")]
    [InlineData("select ensure_audit_partitions(now()::date, 1)")]
    public async Task The_API_cannot_empty_or_change_the_table(string sql)
    {
        await using var app = await database.OpenAsync(database.App);

        (await Sql.RefusalAsync(() => app.ExecuteAsync(sql))).State.ShouldBe("42501");
    }

    [Fact]
    public async Task A_partition_is_not_readable_by_itself()
    {
        await using var superuser = await database.SuperuserAsync();
        var partitions = await superuser.ListAsync<string>(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_logs'::regclass");
        await using var app = await database.OpenAsync(database.App);

        foreach (var partition in partitions)
            (await Sql.RefusalAsync(() => app.ExecuteAsync($"select from {partition}"))).State.ShouldBe("42501", partition);
    }

    [Fact]
    public async Task A_deed_is_the_bound_tenants_persons_and_addresss()
    {
        var person = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await using var app = await database.OpenAsync(database.App);
        await using (var transaction = await app.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await app.ExecuteAsync(
                "select set_tenant_context($1, $2, '192.0.2.7', 'user', null, 'request', 'trace')", OwnDatabase.A, person);
            await app.ExecuteAsync(Record);
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }

        await using var superuser = await database.SuperuserAsync();
        (await superuser.ListAsync<string>(
            """
            select concat_ws(' ', org_id, actor_kind, actor_id, address, request_id, trace_id) from audit_logs
            where actor_kind <> 'system'
            """))
            .ShouldBe([$"{OwnDatabase.A} user {person} 192.0.2.7 request trace"]);
    }

    [Fact]
    public async Task Unbound_nothing_is_recorded()
    {
        await using var app = await database.OpenAsync(database.App);
        (await Sql.RefusalAsync(() => app.ExecuteAsync(Record))).State.ShouldBe("42501");

        // Bound before, on the same connection: the setting is then empty, not null.
        await app.ExecuteAsync("select set_config('app.current_org_id', $1, true)", OwnDatabase.A.ToString());
        (await Sql.RefusalAsync(() => app.ExecuteAsync(Record))).State.ShouldBe("42501");
    }

    [Fact]
    public async Task There_are_partitions_for_this_month_and_the_next_twelve()
    {
        await using var superuser = await database.SuperuserAsync();

        (await superuser.ListAsync<string>(
            """
            select to_char(month, 'YYYY_MM') from generate_series(date_trunc('month', now()), now() + interval '12 months', '1 month') month
            where to_regclass('audit_logs_' || to_char(month, 'YYYY_MM')) is null
            """)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Missing_partitions_are_made_with_their_fence()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await superuser.ExecuteAsync("set local role cleantenancy_migrator");

        (await superuser.ScalarAsync<int>("select ensure_audit_partitions('2040-01-15', 3)")).ShouldBe(3);
        (await superuser.ScalarAsync<int>("select ensure_audit_partitions('2040-02-01', 3)")).ShouldBe(1);

        await superuser.ExecuteAsync("reset role; set role application_role");
        (await IsolationCatalogue.ReadAsync(superuser, TestContext.Current.CancellationToken))
            .Single(rule => rule.Control == "A11").Examined.ShouldContain("audit_logs_2040_04");
    }
}
