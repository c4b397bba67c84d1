using CleanTenancy.IntegrationTests.Battery;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Underneath EF and its filter: raw SQL on every tenant table of the catalogue, as every role, bound in every way.
/// </summary>
public sealed class FenceMatrixTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    public static MatrixTheoryData<string, string> Matrix => new(FenceMatrix.Roles, FenceMatrix.Contexts.Keys);

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Only_own_rows_are_reached(string role, string context)
    {
        using var block = Tally.Start("SQL, matrix");
        var tables = await FenceMatrix.TablesAsync(database);
        await using var connection = await ConnectAsync(role);
        await connection.ExecuteAsync("begin");
        if (role is not (FenceMatrix.App or FenceMatrix.Platform))
            await connection.ExecuteAsync($"set local role {role}");
        // On a connection where nothing ever was bound it is null; afterwards it is empty.
        (await connection.ScalarAsync<bool>("select current_setting('app.current_org_id', true) is null"))
            .ShouldBeTrue();
        await FenceMatrix.BindAsync(connection, context);

        var findings = await FenceMatrix.AttackAsync(connection, role, context, tables, block);

        string.Join('\n', findings.Take(20)).ShouldBeEmpty();
        block.Cases.ShouldBeGreaterThan(15 * tables.Count);
    }

    /// <summary>What opens the fence, for whom, seen by whom.</summary>
    [Theory]
    [InlineData(FenceMatrix.App, "own", "events",
        "create policy open on events for select to application_role using (true)")]
    [InlineData(FenceMatrix.App, "own", "programs", "create policy open on programs to application_role using (true)")]
    [InlineData(FenceMatrix.App, "none", "roles",
        "create policy open on roles to public using (true) with check (true)")]
    [InlineData(FenceMatrix.App, "own", "users", "alter table users disable row level security")]
    [InlineData(FenceMatrix.App, "own", "events", "grant truncate on events to application_role")]
    [InlineData(FenceMatrix.App, "own", "events", "grant delete on events to application_role")]
    [InlineData(FenceMatrix.App, "own", "sessions",
        "alter policy tenant_isolation_policy on sessions with check (org_id is not null)")]
    [InlineData(FenceMatrix.App, "garbage", "events",
        "alter policy tenant_isolation_policy on events "
        + "using (org_id::text = current_setting('app.current_org_id', true))")]
    [InlineData(FenceMatrix.App, "deleted tenant", "events",
        "alter table events drop constraint fk_events_organizations_org_id")]
    [InlineData(FenceMatrix.Platform, "none", "programs", "grant select on programs to platform_role")]
    [InlineData(FenceMatrix.Platform, "own", "sessions",
        "alter policy platform_lifecycle_policy on sessions using (true) with check (true)")]
    [InlineData(FenceMatrix.Platform, "own", "outbox", "alter policy platform_queue_policy on outbox with check (true)")]
    [InlineData(FenceMatrix.Purge, "own", "users", "alter policy purge_policy on users using (true)")]
    [InlineData(FenceMatrix.Purge, "own", "events", "grant update on events to purge_role")]
    [InlineData(FenceMatrix.Owner, "none", "events", "alter table events no force row level security")]
    [InlineData(FenceMatrix.Audit, "own", "users", "grant select on users to audit_role")]
    [InlineData(
        FenceMatrix.Audit, "own", "registrations",
        "grant select on registrations to audit_role; create policy open on registrations for select using (true)")]
    [InlineData(FenceMatrix.Stranger, "none", "events",
        "grant usage on schema public to public; grant select on events to public")]
    public async Task What_opens_the_fence_is_seen(string role, string context, string table, string hole)
    {
        var tables = (await FenceMatrix.TablesAsync(database)).Where(t => t.Name == table).ToList();
        tables.ShouldNotBeEmpty();
        await using var superuser = await SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);

        await superuser.ExecuteAsync($"set local role {role}");
        await FenceMatrix.BindAsync(superuser, context);
        (await FenceMatrix.AttackAsync(superuser, role, context, tables)).Count.ShouldBe(0);

        await superuser.ExecuteAsync("reset role");
        await superuser.ExecuteAsync(hole);
        await superuser.ExecuteAsync($"set local role {role}");
        (await FenceMatrix.AttackAsync(superuser, role, context, tables)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_other_roles_reach_is_listed_with_its_reason()
    {
        await using var superuser = await database.SuperuserAsync();

        (await ReachedAsync(superuser)).ShouldBe(
            FenceMatrix.Reached.Select(r => $"{r.Key.Role} {r.Key.Table}: {r.Value.Policies}; {r.Value.Grants}"),
            ignoreOrder: true,
            "A policy or a grant for another role: list it in FenceMatrix.Reached, with its reason.");
    }

    [Fact]
    public async Task A_new_reach_is_seen()
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var before = await ReachedAsync(superuser);

        await superuser.ExecuteAsync("create policy sweep on programs for delete to platform_role using (true)");
        await superuser.ExecuteAsync("grant delete on programs to platform_role");

        (await ReachedAsync(superuser)).Except(before).ShouldBe(["platform_role programs: sweep; DELETE"]);
    }

    [Theory]
    [InlineData("create table stray (org_id uuid, id uuid, primary key (org_id, id))", "stray has no row")]
    [InlineData("create table stray as select org_id, id from fence_probes union all select org_id, id from events; "
        + "alter table stray add primary key (org_id, id)", "stray is in no list")]
    [InlineData("delete from fence_probes where org_id = '0197a000-0000-7000-8000-00000000bbbb'",
        "fence_probes has no row")]
    [InlineData("alter table programs add constraint planted check (room is not null) not valid",
        "cannot make another row")]
    public async Task A_table_that_cannot_be_attacked_is_not_passed_over(string change, string words)
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await superuser.ExecuteAsync(change);

        (await Should.ThrowAsync<InvalidOperationException>(() => FenceMatrix.ReadAsync(superuser)))
            .Message.ShouldContain(words);
    }

    /// <summary>Policies and grants on tenants' tables for others than application_role and the owner.</summary>
    private static async Task<List<string>> ReachedAsync(NpgsqlConnection superuser)
    {
        var tables = (await Catalogue.TablesAsync(superuser)).Select(t => t.Name).ToArray();
        return await superuser.ListAsync<string>(
            """
            with t as (select * from pg_class where relname = any($1) and relnamespace = 'public'::regnamespace),
              policies as (
                select t.relname, coalesce(r.rolname, 'public') as role,
                  string_agg(p.polname, ', ' order by p.polname) as names
                from t join pg_policy p on p.polrelid = t.oid cross join unnest(p.polroles) u(role)
                left join pg_roles r on r.oid = u.role
                group by 1, 2),
              grants as (
                select t.relname, coalesce(r.rolname, 'public') as role,
                  string_agg(distinct a.privilege_type, ', ' order by a.privilege_type) as names
                from t cross join lateral (
                  select * from aclexplode(t.relacl)
                  union all
                  select x.* from pg_attribute c cross join aclexplode(c.attacl) x where c.attrelid = t.oid) a
                left join pg_roles r on r.oid = a.grantee
                where a.grantee <> t.relowner
                group by 1, 2)
            select role || ' ' || relname || ': ' || coalesce(p.names, '') || '; ' || coalesce(g.names, '')
            from policies p full join grants g using (relname, role)
            where role <> 'application_role'
            """,
            (object)tables);
    }

    /// <summary>Those that log in do; the others are taken on by a superuser.</summary>
    private Task<NpgsqlConnection> ConnectAsync(string role) => role switch
    {
        FenceMatrix.App => database.OpenAsync(database.App),
        FenceMatrix.Platform => database.OpenAsync(database.PlatformRole),
        _ => SuperuserAsync(),
    };

    private Task<NpgsqlConnection> SuperuserAsync() => database.OpenAsync(database.Superuser);
}
