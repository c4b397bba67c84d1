using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>A rule of the catalogue: a query of offenders, and a change that it must see.</summary>
internal sealed record FenceRule(string Name, string Offenders, string Break)
{
    public override string ToString() => Name;
}

internal static class FenceRules
{
    private const string Own = "(%s = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid)";

    /// <summary>Names that the rules speak of. A role made by a Break is broken_role.</summary>
    private const string Names = """
        with listed(name, grants) as (select * from unnest($1::text[], $2::text[])),
          shared(name) as (select unnest($3::text[])),
          shared_grants(name, role, grants) as (select * from unnest($4::text[], $5::text[], $6::text[])),
          roles(name) as (
            select rolname::text from pg_roles where rolname in ('application_role', 'platform_role', 'broken_role')),
          definers(name) as (select unnest($7::text[])),
          callable(name) as (select unnest($8::text[])),
          t as (select c.* from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')),
          f as (select p.*, p.oid::regprocedure::text as signature from pg_proc p where p.pronamespace = 'public'::regnamespace)

        """;

    private const string ListedTable = "listed l join t on t.relname = l.name";

    public static readonly IReadOnlyList<FenceRule> All =
    [
        new("Every table is listed, as a tenant's or as shared with its reason",
            """
            select t.relname || ' is not listed' from t
            where not t.relispartition and t.relname not in (select name from listed union select name from shared)
            union all
            select name || ' does not exist' from (select name from listed union select name from shared) l
            where name not in (select relname from t)
            """,
            "create table stray (org_id uuid, id uuid)"),
        new("A shared table with org_id is a routing table",
            """
            select t.relname::text from shared s join t on t.relname = s.name
            where t.relname not in ('tenant_slugs', 'tenant_hosts')
              and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'org_id')
            """,
            "alter table plans add org_id uuid"),
        new("The tenant key is never null",
            $"""
            select l.name from {ListedTable} join pg_attribute a on a.attrelid = t.oid
            where a.attname = case l.name when 'organizations' then 'id' else 'org_id' end and not a.attnotnull
            """,
            """
            alter table fence_probes drop constraint fence_probes_pkey;
            alter table fence_probes alter org_id drop not null
            """),
        new("Row-Level Security is enabled and forced on tenants' tables",
            $"select l.name from {ListedTable} where not (t.relrowsecurity and t.relforcerowsecurity)",
            "alter table events no force row level security"),
        new("Exactly one permissive policy applies to application_role, for all commands",
            $"""
            select l.name || ': ' || coalesce(string_agg(p.polname, ', ' order by p.polname), 'none')
            from {ListedTable} left join pg_policy p
              on p.polrelid = t.oid and ('application_role'::regrole = any(p.polroles) or 0 = any(p.polroles))
            group by l.name
            having count(p.polname) <> 1 or not bool_and(
              p.polname = 'tenant_isolation_policy' and p.polcmd = '*' and p.polpermissive
              and p.polroles = array['application_role'::regrole::oid])
            """,
            "create policy public_events on events for select to application_role using (status = 'live')"),
        new("The policy has the canonical text, for what is read and for what is written",
            $"""
            select l.name || ': ' || pg_get_expr(p.polqual, t.oid) from {ListedTable} join pg_policy p on p.polrelid = t.oid
            where p.polname = 'tenant_isolation_policy' and (
              pg_get_expr(p.polqual, t.oid) is distinct from canonical
              or pg_get_expr(p.polwithcheck, t.oid) is distinct from canonical)
            """.Replace(
                "from " + ListedTable,
                "from (select l.name, replace($canonical$" + Own + "$canonical$, '%s', case l.name when 'organizations' then 'id' else 'org_id' end) as canonical from listed l) l join t on t.relname = l.name",
                StringComparison.Ordinal),
            """
            drop policy tenant_isolation_policy on events;
            create policy tenant_isolation_policy on events for all to application_role
              using (org_id::text = current_setting('app.current_org_id', true))
              with check (org_id::text = current_setting('app.current_org_id', true))
            """),
        new("A policy without WITH CHECK text of its own is seen",
            """
            select t.relname::text from t join pg_policy p on p.polrelid = t.oid
            where p.polname = 'tenant_isolation_policy' and p.polwithcheck is null
            """,
            """
            drop policy tenant_isolation_policy on events;
            create policy tenant_isolation_policy on events for all to application_role
              using (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid)
            """),
        new("No policy is restrictive: a shard would make it permissive",
            "select t.relname || ': ' || p.polname from t join pg_policy p on p.polrelid = t.oid where not p.polpermissive",
            "create policy narrower on events as restrictive for all to application_role using (true)"),
        new("No policy has a sub-select",
            """
            select t.relname || ': ' || p.polname from t join pg_policy p on p.polrelid = t.oid
            where concat(pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid)) ~* '\mselect\M'
            """,
            """
            create policy members on events for select to platform_role
              using (org_id in (select org_id from tenant_slugs))
            """),
        new("Policies for other roles are listed",
            """
            select t.relname || ': ' || p.polname from t join pg_policy p on p.polrelid = t.oid
            where p.polname <> 'tenant_isolation_policy' and (t.relname, p.polname) not in (('audit_logs', 'audit_append_policy'))
            """,
            "create policy everything on events for select to platform_role using (true)"),
        new("Tables belong to cleantenancy_owner, the log to audit_role",
            """
            select t.relname || ': ' || t.relowner::regrole from t
            where t.relname <> '__EFMigrationsHistory' and t.relowner <>
              case when t.relname like 'audit\_logs%' then 'audit_role'::regrole else 'cleantenancy_owner'::regrole end
            """,
            "alter table events owner to cleantenancy_migrator"),
        new("Grants are exactly the listed ones",
            """
            , actual as (
              select t.relname::text as name, coalesce(r.rolname::text, 'public') as role,
                string_agg(a.privilege_type || case when a.is_grantable then ' with grant option' else '' end, ', '
                  order by a.privilege_type) as grants
              from t cross join aclexplode(coalesce(t.relacl, acldefault('r', t.relowner))) a
              left join pg_roles r on r.oid = a.grantee
              where not t.relispartition and a.grantee <> t.relowner
              group by 1, 2),
            expected as (select name, 'application_role' as role, grants from listed union all select * from shared_grants)
            select format('%s, %s: %s instead of %s', name, role, coalesce(a.grants, 'nothing'), coalesce(e.grants, 'nothing'))
            from actual a full join expected e using (name, role) where a.grants is distinct from e.grants
            """,
            "grant delete on events to application_role"),
        new("Nothing is granted on single columns",
            """
            select t.relname || '.' || a.attname from t join pg_attribute a on a.attrelid = t.oid where a.attacl is not null
            """,
            "grant update (id) on fence_probes to application_role"),
        new("Partitions have no grants and their own Row-Level Security",
            """
            select t.relname::text from t
            where t.relispartition and (not t.relrowsecurity or not t.relforcerowsecurity
              or exists (select from aclexplode(t.relacl) a where a.grantee <> t.relowner))
            """,
            "create table audit_logs_1999_01 partition of audit_logs for values from ('1999-01-01') to ('1999-02-01')"),
        new("A grant on a partition is seen",
            """
            select t.relname::text from t
            where t.relispartition and exists (select from aclexplode(t.relacl) a where a.grantee <> t.relowner)
            """,
            """
            do $$ begin
              execute format('grant select on %s to application_role',
                (select inhrelid::regclass from pg_inherits where inhparent = 'audit_logs'::regclass limit 1));
            end $$
            """),
        new("There are no views, sequences and foreign tables: each would be another way around the fence",
            """
            select relname::text from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'S', 'f')
            """,
            "create view all_events as select * from events"),
        new("Functions with their owner's rights are listed",
            "select signature from f where prosecdef and signature not in (select name from definers)",
            """
            create function peek() returns bigint language sql security definer set search_path = pg_catalog, pg_temp
            as 'select count(*) from public.events'
            """),
        new("Functions with their owner's rights have a pinned search_path",
            """
            select signature from f
            where prosecdef and not coalesce('search_path=pg_catalog, pg_temp' = any(proconfig), false)
            """,
            "alter function resolve_tenant(text, text) reset search_path"),
        new("Nobody may call a function by being anybody",
            """
            select signature from f cross join aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee = 0
            """,
            "create function hello() returns int language sql as 'select 1'"),
        new("Functions may be called as listed",
            """
            select format('%s may call %s', r.name, f.signature) from f cross join roles r
            where has_function_privilege(r.name, f.oid, 'execute')
              and not (r.name = 'application_role' and f.signature in (select name from callable))
            union all
            select format('application_role may not call %s', name) from callable
            where not coalesce(has_function_privilege('application_role', to_regprocedure(name), 'execute'), false)
            """,
            "grant execute on function fence_tenant_table(regclass, text, name) to application_role"),
        new("Nothing that a policy calls may be cached: the binding is volatile",
            "select signature from f where proname = 'set_tenant_context' and (provolatile <> 'v' or prosecdef)",
            "alter function set_tenant_context(uuid, uuid, text) immutable"),
        new("Roles that log in are ordinary",
            """
            select rolname::text from pg_roles join roles on name = rolname
            where rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
            """,
            "create role broken_role bypassrls"),
        new("Roles that log in are members of nothing",
            "select m.roleid::regrole::text from pg_auth_members m join pg_roles r on r.oid = m.member join roles on name = rolname",
            "create role broken_role in role audit_role"),
        new("Roles that log in own nothing",
            """
            select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner join roles on name = rolname
            union all
            select f.signature from f join pg_roles r on r.oid = f.proowner join roles on name = rolname
            """,
            "create table theirs (); alter table theirs owner to application_role"),
        new("Roles that log in create nothing in a schema",
            """
            select format('%s in %s', r.name, n.nspname) from roles r cross join pg_namespace n
            where has_schema_privilege(r.name, n.oid, 'create')
            """,
            "grant create on schema public to application_role"),
        new("Roles that log in create no schemas and no temporary tables",
            """
            select r.name from roles r
            where has_database_privilege(r.name, current_database(), 'create')
               or has_database_privilege(r.name, current_database(), 'temporary')
            """,
            "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$"),
        new("Nobody truncates, makes triggers or references",
            """
            select format('%s on %s', r.name, t.relname) from roles r cross join t
            where has_table_privilege(r.name, t.oid, 'truncate')
               or has_table_privilege(r.name, t.oid, 'trigger')
               or has_table_privilege(r.name, t.oid, 'references')
            """,
            "grant truncate on events to platform_role"),
        new("Roles that log in have time limits",
            """
            select r.name || ': ' || s.setting
            from roles r cross join (
              values ('statement_timeout'), ('lock_timeout'), ('idle_in_transaction_session_timeout')) s(setting)
            where not exists (
              select from pg_db_role_setting d cross join unnest(d.setconfig) c
              where d.setrole = r.name::regrole and d.setdatabase = 0 and c like s.setting || '=%' and c not like '%=0')
            """,
            "create role broken_role; alter role broken_role set statement_timeout = 0"),
    ];

    public static async Task<List<string>> OffendersAsync(NpgsqlConnection connection, string rule)
    {
        var query = All.Single(r => r.Name == rule).Offenders.TrimStart();
        var listed = TenantTables.Grants;
        var shared = TenantTables.SharedGrants;
        return await connection.ListAsync<string>(
            Names + query,
            listed.Keys.ToArray(),
            listed.Values.ToArray(),
            TenantTables.Shared.Keys.ToArray(),
            shared.Select(g => g.Table).ToArray(),
            shared.Select(g => g.Role).ToArray(),
            shared.Select(g => g.Privileges).ToArray(),
            TenantTables.Definers.Keys.ToArray(),
            TenantTables.Callable.ToArray());
    }
}
