namespace CleanTenancy.Infrastructure.Persistence.Isolation;

/// <summary>A rule of the catalogue.</summary>
/// <param name="Control">The control it comes from; H for the log's.</param>
/// <param name="Name">What must hold.</param>
/// <param name="Sql">
/// Each thing that it looked at, and what is wrong with it, if anything. Nothing looked at is a broken rule.
/// </param>
internal sealed record IsolationRule(string Control, string Name, string Sql)
{
    /// <summary>Reported, but no reason to stop: the server is to be updated.</summary>
    public bool IsAdvice { get; init; }

    /// <summary>
    /// Compares with the manifest of this release: while a newer one has migrated already, a difference is no hole.
    /// </summary>
    public bool IsOfRelease { get; init; }
}

/// <summary>The rules A1 to A19 as queries of the catalogue; readable by every role.</summary>
internal static class IsolationRules
{
    /// <summary>
    /// Names that the rules speak of: $1 to $13 are <see cref="FenceManifest"/>. A role that a test breaks something
    /// with is broken_role.
    /// </summary>
    public const string Names = """
        with listed(name, grants) as (select * from unnest($1::text[], $2::text[])),
          shared(name) as (select unnest($3::text[])),
          other_grants(name, role, grants) as (select * from unnest($4::text[], $5::text[], $6::text[])),
          other_policies(name, policy) as (select * from unnest($7::text[], $8::text[])),
          definers(name) as (select unnest($9::text[])),
          callable(role, name) as (select * from unnest($10::text[], $11::text[])),
          audited(name, arguments) as (select split_part(a, ' ', 1), substr(a, strpos(a, ' ') + 1) from unnest($12::text[]) a),
          not_audited(name) as (select unnest($13::text[])),
          roles(name) as (
            select rolname::text from pg_roles where rolname in ('application_role', 'platform_role', 'broken_role')),
          t as (select c.* from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')),
          f as (select p.*, p.oid::regprocedure::text as signature from pg_proc p where p.pronamespace = 'public'::regnamespace),
          keyed as (
            select l.name, t.*, a.attnum as key, a.attnotnull as key_set
            from listed l join t on t.relname = l.name
            left join pg_attribute a on a.attrelid = t.oid and not a.attisdropped
              and a.attname = case l.name when 'organizations' then 'id' else 'org_id' end)

        """;

    private const string Own = "(%s = (NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid)";

    public static readonly IReadOnlyList<IsolationRule> All =
    [
        new("A1", "The role of this connection is bound by Row-Level Security", """
            select current_user::text, case
              when r.rolsuper then 'is a superuser'
              when r.rolbypassrls then 'bypasses Row-Level Security'
              when r.rolcreaterole or r.rolcreatedb or r.rolreplication then 'may create roles or databases, or replicate'
              when exists (select from pg_roles o
                where (o.rolsuper or o.rolbypassrls) and pg_has_role(current_user, o.oid, 'member'))
                then 'is a member of a role that is not bound by Row-Level Security'
              when exists (select from pg_class c
                where c.relnamespace = 'public'::regnamespace and pg_has_role(current_user, c.relowner, 'member'))
                then 'owns tables'
            end
            from pg_roles r where r.rolname = current_user
            """),
        new("A1", "Roles that log in are ordinary, and members of nothing", """
            select r.rolname::text, case
              when r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication then 'is privileged'
              when exists (select from pg_auth_members m where m.member = r.oid) then 'is a member of another role'
            end
            from pg_roles r join roles on name = rolname
            """),
        new("A1", "Roles that log in own nothing", """
            select r.name, (
              select string_agg(owned, ', ') from (
                select c.relname::text as owned from pg_class c where c.relowner = r.name::regrole
                union all select f.signature from f where f.proowner = r.name::regrole) o)
            from roles r
            """),
        new("A1", "Tables belong to cleantenancy_owner, the log to audit_role", """
            select t.relname::text, case when t.relowner <>
              case when t.relname like 'audit\_%' then 'audit_role'::regrole else 'cleantenancy_owner'::regrole end
              then 'belongs to ' || t.relowner::regrole end
            from t where t.relname <> '__EFMigrationsHistory'
            """),
        new("A2", "Every table is listed, as a tenant's or as shared with its reason", """
            select t.relname::text, case when l.name is null then 'is not listed' end
            from t left join (select name from listed union select name from shared) l on l.name = t.relname
            where not t.relispartition
            union all
            select l.name, 'does not exist' from (select name from listed union select name from shared) l
            where l.name not in (select relname from t)
            """)
        { IsOfRelease = true },
        new("A2", "A table with org_id is a tenant's, or one of the two routing tables", """
            select t.relname::text, case when l.name is null and t.relname not in ('tenant_slugs', 'tenant_hosts')
              then 'has org_id and is no tenant table' end
            from t join pg_attribute a on a.attrelid = t.oid and a.attname = 'org_id' and not a.attisdropped
            left join listed l on l.name = t.relname
            where not t.relispartition
            """)
        { IsOfRelease = true },
        new("A2", "The tenant key is never null", """
            select name, case when key is null then 'has none' when not key_set then 'may be null' end from keyed
            """),
        new("A2", "Row-Level Security is enabled and forced", """
            select name, case when not relrowsecurity then 'is not enabled' when not relforcerowsecurity then 'is not forced' end
            from keyed
            """),
        new("A3", "Exactly one policy applies to application_role, for all commands", """
            select k.name, case when count(p.polname) <> 1 or not bool_and(
                p.polname = 'tenant_isolation_policy' and p.polcmd = '*' and p.polpermissive
                and p.polroles = array['application_role'::regrole::oid])
              then coalesce(string_agg(p.polname, ', ' order by p.polname), 'none') end
            from keyed k left join pg_policy p
              on p.polrelid = k.oid and ('application_role'::regrole = any (p.polroles) or 0 = any (p.polroles))
            group by k.name
            """),
        new("A3", "No policy is restrictive: a shard would make it permissive", """
            select t.relname || ': ' || p.polname, case when not p.polpermissive then 'is restrictive' end
            from t join pg_policy p on p.polrelid = t.oid
            """),
        new("A3", "Policies for other roles are listed", """
            select t.relname || ': ' || p.polname, case when o.name is null then 'is not listed' end
            from t join pg_policy p on p.polrelid = t.oid and p.polname <> 'tenant_isolation_policy'
            left join other_policies o on o.name = t.relname and o.policy = p.polname
            """)
        { IsOfRelease = true },
        new("A4", "The policy has the canonical text, for what is read and for what is written", $"""
            select k.name, case
              when pg_get_expr(p.polqual, k.oid) is distinct from own.form then 'reads: ' || pg_get_expr(p.polqual, k.oid)
              when pg_get_expr(p.polwithcheck, k.oid) is distinct from own.form
                then 'writes: ' || coalesce(pg_get_expr(p.polwithcheck, k.oid), 'unchecked')
            end
            from keyed k
            cross join lateral (select replace($canonical${Own}$canonical$, '%s',
              case k.name when 'organizations' then 'id' else 'org_id' end) as form) own
            join pg_policy p on p.polrelid = k.oid and p.polname = 'tenant_isolation_policy'
            """),
        new("A4", "No policy has a sub-select", """
            select t.relname || ': ' || p.polname, case
              when concat(pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid)) ~* '\mselect\M'
              then 'has a sub-select' end
            from t join pg_policy p on p.polrelid = t.oid
            """),
        new("A5", "The binding is volatile, and runs with its caller's rights", """
            select signature, case when provolatile <> 'v' then 'may be cached' when prosecdef then 'runs as its owner' end
            from f where proname = 'set_tenant_context'
            """),
        new("A5", "Functions in policies are stable, never immutable", """
            select format('%s: %s', t.relname, p.polname), case when exists (
                select from pg_depend d join f on f.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
                where d.classid = 'pg_policy'::regclass and d.objid = p.oid and f.provolatile <> 's')
              then 'calls a function that is not stable' end
            from t join pg_policy p on p.polrelid = t.oid
            """),
        new("A6", "The binding reaches every shard", """
            select signature, case when prolang = (select oid from pg_language where lanname = 'sql')
              and exists (select from pg_extension where extname = 'citus') then 'set_config does not reach the shards' end
            from f where proname = 'set_tenant_context'
            """),
        new("A7", "Only the binding sets a setting", """
            select signature, case when prosrc ~* '\mset_config\M|\mset (local |session )?app\.' and proname <> 'set_tenant_context'
              then 'sets one' end
            from f
            """),
        new("A8", "Primary keys start with the tenant key", """
            select k.name, case when i.indexrelid is null then 'has no primary key'
              when (i.indkey::int2[])[0] is distinct from k.key then i.indexrelid::regclass || ' starts with another column' end
            from keyed k left join pg_index i on i.indrelid = k.oid and i.indisprimary
            """),
        new("A8", "Unique indexes start with the tenant key", """
            select i.indexrelid::regclass::text, case when (i.indkey::int2[])[0] is distinct from k.key
              then 'starts with another column' end
            from keyed k join pg_index i on i.indrelid = k.oid and i.indisunique
            """),
        new("A8", "Foreign keys between tenant tables carry the tenant key on both sides, and never clear it", """
            select c.conname::text, case
              when not exists (select from unnest(c.conkey, c.confkey) as pair (own, other)
                where pair.own = k.key and pair.other = target.key) then 'goes without the tenant key'
              when c.confdeltype in ('n', 'd') and k.key = any (coalesce(c.confdelsetcols, c.conkey))
                then 'clears the tenant key'
            end
            from keyed k join pg_constraint c on c.conrelid = k.oid and c.contype = 'f'
            join keyed target on target.oid = c.confrelid
            """),
        new("A8", "No shared table points at a tenant's", """
            select t.relname::text, (
              select string_agg(c.conname, ', ') from pg_constraint c
              where c.conrelid = t.oid and c.contype = 'f' and c.confrelid in (select oid from keyed))
            from shared s join t on t.relname = s.name
            """),
        new("A9", "The routing tables can be read by nobody who logs in", """
            select t.relname::text, (
              select string_agg(r.name, ', ') from roles r where has_table_privilege(r.name, t.oid, 'select'))
            from t where t.relname in ('tenant_slugs', 'tenant_hosts')
            """),
        new("A10", "Ids and tenant keys are given, never made by a default", """
            select k.name, (
              select string_agg(a.attname, ', ') from pg_attribute a
              where a.attrelid = k.oid and not a.attisdropped and (a.attname = 'id' or a.attnum = k.key)
                and (a.atthasdef or a.attidentity <> ''))
            from keyed k
            """),
        new("A11", "Partitions have no grants, and Row-Level Security of their own", """
            select t.relname::text, case
              when not (t.relrowsecurity and t.relforcerowsecurity) then 'is not fenced'
              when exists (select from aclexplode(t.relacl) a where a.grantee <> t.relowner) then 'is granted'
            end
            from t where t.relispartition
            """),
        new("A12", "There are no views, sequences and foreign tables: each would be another way around the fence", """
            select relname::text, case when relkind in ('v', 'm', 'S', 'f') then 'is one' end
            from pg_class where relnamespace = 'public'::regnamespace and relkind not in ('i', 'I')
            """),
        new("A13", "Functions with their owner's rights are listed, and their search_path is pinned", """
            select f.signature, case
              when d.name is null then 'is not listed'
              when not coalesce('search_path=pg_catalog, pg_temp' = any (f.proconfig), false) then 'has no pinned search_path'
              when pg_has_role('application_role', f.proowner, 'member') then 'belongs to application_role'
              when (select rolsuper from pg_roles where oid = f.proowner) then 'belongs to a superuser'
            end
            from f left join definers d on d.name = f.signature
            where f.prosecdef
            union all
            select name, 'does not exist' from definers where to_regprocedure(name) is null
            """)
        { IsOfRelease = true },
        new("A13", "Nobody may call a function by being anybody", """
            select signature, case when exists (
                select from aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee = 0)
              then 'may be called by everybody' end
            from f
            """),
        new("A13", "Functions may be called as listed", """
            select r.name || ': ' || f.signature, case
              when has_function_privilege(r.name, f.oid, 'execute') and c.name is null then 'may be called, and is not listed'
              when not has_function_privilege(r.name, f.oid, 'execute') and c.name is not null then 'may not be called'
            end
            from f cross join roles r left join callable c on c.role = r.name and c.name = f.signature
            union all
            select role || ': ' || name, 'does not exist' from callable where to_regprocedure(name) is null
            """)
        { IsOfRelease = true },
        new("A14", "Roles that log in create nothing: no tables, no schemas, no temporary tables", """
            select r.name, case
              when exists (select from pg_namespace n where has_schema_privilege(r.name, n.oid, 'create'))
                then 'may create in a schema'
              when has_database_privilege(r.name, current_database(), 'create') then 'may create schemas'
              when has_database_privilege(r.name, current_database(), 'temporary') then 'may create temporary tables'
            end
            from roles r
            """),
        new("A14", "Nobody truncates, makes triggers or references", """
            select t.relname::text, (
              select string_agg(r.name, ', ') from roles r
              where has_table_privilege(r.name, t.oid, 'truncate') or has_table_privilege(r.name, t.oid, 'trigger')
                or has_table_privilege(r.name, t.oid, 'references'))
            from t
            """),
        new("A14", "Grants are exactly the listed ones", """
            , actual as (
              select t.relname::text as name, coalesce(r.rolname::text, 'public') as role,
                string_agg(a.privilege_type || case when a.is_grantable then ' with grant option' else '' end, ', '
                  order by a.privilege_type) as grants
              from t cross join aclexplode(coalesce(t.relacl, acldefault('r', t.relowner))) a
              left join pg_roles r on r.oid = a.grantee
              where not t.relispartition and a.grantee <> t.relowner
              group by 1, 2),
            expected as (select name, 'application_role' as role, grants from listed union all select * from other_grants)
            select format('%s: %s', name, role), case when a.grants is distinct from e.grants
              then format('%s instead of %s', coalesce(a.grants, 'nothing'), coalesce(e.grants, 'nothing')) end
            from actual a full join expected e using (name, role)
            """)
        { IsOfRelease = true },
        new("A14", "Nothing is granted on single columns", """
            select t.relname::text, (
              select string_agg(a.attname, ', ') from pg_attribute a where a.attrelid = t.oid and a.attacl is not null)
            from t
            """),
        new("A15", "Roles that log in have time limits", """
            select r.name || ': ' || s.setting, case when not exists (
                select from pg_db_role_setting d cross join unnest(d.setconfig) c
                where d.setrole = r.name::regrole and d.setdatabase = 0 and c like s.setting || '=%' and c not like '%=0')
              then 'has no limit' end
            from roles r cross join (
              values ('statement_timeout'), ('lock_timeout'), ('idle_in_transaction_session_timeout')) s (setting)
            """),
        new("A15", "Roles that log in have no settings but the migrations' own", """
            select r.name || ': ' || c, case when split_part(c, '=', 1) not in (
                'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'citus.propagate_set_commands')
              then 'was set by somebody' end
            from roles r join pg_db_role_setting d on d.setrole = r.name::regrole cross join unnest(d.setconfig) c
            """),
        new("A16", "Indexed columns compare by leakproof operators, or would lose their index under Row-Level Security", """
            select i.indexrelid::regclass::text, case
              when i.indexprs is not null then 'is on an expression'
              when exists (
                select from unnest(i.indkey::int2[]) n (attnum)
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.attnum
                join pg_type y on y.oid = a.atttypid
                where y.typtype in ('e', 'r', 'm') or y.typcategory = 'A'
                  or y.typname in ('numeric', 'citext', 'jsonb', 'tsvector')) then 'is on a type without leakproof operators'
            end
            from keyed k join pg_index i on i.indrelid = k.oid
            """),
        new("A17", "No function notifies, or holds a lock beyond its transaction", """
            select signature, case when prosrc ~* '\mpg_notify\M|\mpg_advisory_lock|\mpg_try_advisory_lock|\mnotify\s+\w'
              then 'does' end
            from f
            """),
        new("A18", "The server is patched: no known leak through statistics or plans (CVE-2025-8713, CVE-2024-10976)", """
            select 'PostgreSQL ' || current_setting('server_version'), case
              when v / 10000 < 15 then 'is too old'
              when v % 10000 < case v / 10000 when 15 then 14 when 16 then 10 when 17 then 6 else 0 end then 'lacks patches'
            end
            from (select current_setting('server_version_num')::int as v) s
            """)
        { IsAdvice = true },
        new("H1", "Every tenant table logs its changes, as its mapping says, or is listed with a reason", """
            select k.name, case
              when a.arguments is null and g.oid is not null then 'logs, though it is listed as not logged'
              when a.arguments is null and n.name is null then 'is neither logged nor listed'
              when a.arguments is null then null
              when g.oid is null then 'does not log'
              when g.tgenabled <> 'O' then 'is switched off'
              when g.tgfoid <> w.function::regproc or g.tgtype <> w.type then 'is another trigger'
              -- A purge alone is not logged.
              when pg_get_triggerdef(g.oid) not like '%WHEN ((CURRENT_USER <> ''purge_role''::name))%'
                then 'is fired by other than everybody but the purge'
              when g.args <> a.arguments then format('%s instead of %s', g.args, a.arguments)
            end
            from keyed k
            -- Bits of pg_trigger.h: each row 1, insert 4, delete 8, update 16. A Citus cluster has row triggers alone.
            join (values ('audit_rows', 'audit_tenant_operation', 25, false), ('audit_inserts', 'audit_tenant_inserts', 4, false),
                ('audit_rows', 'audit_tenant_operation', 29, true)) w (trigger, function, type, citus)
              on w.citus = exists (select from pg_extension where extname = 'citus')
            left join audited a on a.name = k.name
            left join not_audited n on n.name = k.name
            left join (
              select g.*, array_to_string((string_to_array(encode(g.tgargs, 'escape'), '\000'))[2:5], '|') as args
              from pg_trigger g where not g.tgisinternal) g
              on g.tgrelid = k.oid and g.tgname = w.trigger
            """)
        { IsOfRelease = true },
        new("H1", "The trigger belongs to audit_role, which nobody is", """
            select f.signature, case when f.proowner <> 'audit_role'::regrole then 'belongs to ' || f.proowner::regrole
              when (select rolcanlogin from pg_roles where rolname = 'audit_role') then 'belongs to a role that logs in' end
            from f where f.proname in ('audit_tenant_operation', 'audit_tenant_inserts', 'record_deed', 'seal_audit_log', 'expire_audit_log')
            """),
        new("H2", "Nobody who logs in changes the log", """
            select t.relname::text, (
              select string_agg(r.name, ', ') from roles r
              where has_table_privilege(r.name, t.oid, 'insert') or has_table_privilege(r.name, t.oid, 'update')
                or has_table_privilege(r.name, t.oid, 'delete'))
            from t where t.relname in ('audit_logs', 'audit_seals') or t.relispartition
            """),
    ];
}
