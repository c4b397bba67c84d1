namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// What would break or leak once the schema is sharded by org_id, seen on plain PostgreSQL. FORCE is no violation here:
/// the step that distributes the tables switches it off.
/// </summary>
public sealed class PortableLintTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Lint = """
        with keyed as (
            select c.oid, c.relname, c.relrowsecurity,
              (select attnum from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
                 and a.attname = case c.relname when 'organizations' then 'id' else 'org_id' end) as key
            from pg_class c
            where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace),
          -- The routing tables will be reference tables, on every node.
          t as (select * from keyed where key is not null and relname not in ('tenant_slugs', 'tenant_hosts'))
        select relname || ': unique index that does not start with the tenant key: ' || i.indexrelid::regclass
        from t join pg_index i on i.indrelid = t.oid where i.indisunique and key is distinct from (i.indkey::int2[])[0]
        union all
        select relname || ': no primary key'
        from t where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
        union all
        select relname || ': Row-Level Security is off' from t where not relrowsecurity
        union all
        select relname || ': restrictive policy ' || polname
        from t join pg_policy p on p.polrelid = t.oid where not polpermissive
        union all
        select relname || ': sub-query in policy ' || polname
        from t join pg_policy p on p.polrelid = t.oid
        where concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) ~* '\mselect\M'
        union all
        select relname || ': foreign key to a tenant table without the tenant key: ' || conname
        from t join pg_constraint c on c.conrelid = t.oid and c.contype = 'f'
        where c.confrelid in (select oid from t) and not key = any(c.conkey)
        union all
        select relname || ': foreign key that sets the tenant key: ' || conname
        from t join pg_constraint c on c.conrelid = t.oid and c.contype = 'f' and c.confdeltype in ('n', 'd')
        where key = any(c.conkey)
        union all
        select relname || ': default on the tenant key'
        from t join pg_attrdef d on d.adrelid = t.oid and d.adnum = t.key
        union all
        select c.conrelid::regclass || ': foreign key from a shared table to a tenant table: ' || conname
        from pg_constraint c
        where c.contype = 'f' and c.confrelid in (select oid from t) and c.conrelid not in (select oid from t)
          and not exists (select from pg_class p where p.oid = c.conrelid and p.relispartition)
        union all
        select relname || ': identity that is not bigint: ' || a.attname
        from t join pg_attribute a on a.attrelid = t.oid where a.attidentity <> '' and a.atttypid <> 'int8'::regtype
        order by 1
        """;

    [Fact]
    public async Task The_schema_can_be_sharded_by_org_id()
    {
        await using var superuser = await database.SuperuserAsync();

        (await superuser.ListAsync<string>(Lint)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("unique index", "create unique index on sessions (id, org_id)")]
    [InlineData("unique index", "create unique index on events (slug, org_id)")]
    [InlineData("no primary key", "create table stray (org_id uuid)")]
    [InlineData("Row-Level Security is off", "alter table events disable row level security")]
    [InlineData("restrictive policy", "create policy p on events as restrictive for all to application_role using (true)")]
    [InlineData("sub-query", "create policy p on events for select to platform_role using (id in (select org_id from tenant_slugs))")]
    [InlineData(
        "without the tenant key",
        "create table stray (org_id uuid, id uuid, other uuid references organizations (id), primary key (org_id, id))")]
    [InlineData(
        "sets the tenant key",
        """
        create table stray (org_id uuid, id uuid, event_id uuid, primary key (org_id, id),
          foreign key (org_id, event_id) references events (org_id, id) on delete set null)
        """)]
    [InlineData("default on the tenant key", "alter table events alter org_id set default gen_random_uuid()")]
    [InlineData("from a shared table", "alter table tenant_hosts add foreign key (org_id) references organizations (id)")]
    [InlineData("identity", "alter table events add number int generated always as identity")]
    public async Task What_cannot_be_sharded_is_seen(string problem, string broken)
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await superuser.ExecuteAsync(broken);

        (await superuser.ListAsync<string>(Lint)).ShouldContain(found => found.Contains(problem, StringComparison.Ordinal));
    }
}
