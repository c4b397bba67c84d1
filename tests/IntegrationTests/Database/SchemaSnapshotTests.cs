using System.Runtime.CompilerServices;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>docs/schema.sql.txt is what a migrated database is (ADR 0017).</summary>
public sealed class SchemaSnapshotTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Ours = "'cleantenancy_owner', 'cleantenancy_migrator', 'application_role', 'platform_role', 'audit_role', 'purge_role'";

    /// <summary>
    /// One fact per line. Constraints that PostgreSQL 18 names and earlier ones do not (NOT NULL), privileges that only
    /// 17 knows (MAINTAIN) and the months of the log are left out: the text is the same on all of them.
    /// </summary>
    private const string Facts = $"""
        with t as (
          select c.* from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not c.relispartition),
        f as (select p.*, p.oid::regprocedure::text as signature from pg_proc p where p.pronamespace = 'public'::regnamespace)
        select section, line from (
          select 1 as section, format('role %s: %s', rolname, concat_ws(', ',
              case when rolcanlogin then 'login' else 'nologin' end, case when rolsuper then 'SUPERUSER' end,
              case when rolbypassrls then 'bypassrls' end, case when rolcreaterole then 'createrole' end,
              case when rolcreatedb then 'createdb' end, case when rolreplication then 'replication' end)) as line
            from pg_roles where rolname in ({Ours})
          union all
          select 1, format('role %s: member of %s', m.rolname, g.rolname)
            from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
            where m.rolname in ({Ours})
          union all
          select 1, format('role %s: set %s', rolname, setting)
            from pg_db_role_setting join pg_roles r on r.oid = setrole cross join unnest(setconfig) setting
            where setdatabase = 0 and rolname in ({Ours})
          union all
          select 2, format('database: %s to %s', string_agg(lower(privilege_type), ', ' order by privilege_type), coalesce(r.rolname, 'public'))
            from pg_database d cross join aclexplode(d.datacl) a left join pg_roles r on r.oid = a.grantee
            where datname = current_database() and a.grantee <> d.datdba group by r.rolname
          union all
          select 2, format('schema %s: %s to %s', nspname, string_agg(lower(privilege_type), ', ' order by privilege_type), coalesce(r.rolname, 'public'))
            from pg_namespace n cross join aclexplode(n.nspacl) a left join pg_roles r on r.oid = a.grantee
            where nspname = 'public' and a.grantee <> n.nspowner group by nspname, r.rolname
          union all
          select 3, format('table %s: owner %s%s%s%s', relname, relowner::regrole,
              case when relkind not in ('r', 'p') then ', kind ' || relkind::text end, case when relrowsecurity then ', row level security' end,
              case when relforcerowsecurity then ' forced' end) || case when relkind = 'p' then ', partitioned by ' || pg_get_partkeydef(oid) else '' end
            from t
          union all
          select 3, format('table %s: column %s %s%s%s%s', relname, attname, format_type(atttypid, atttypmod),
              case when attnotnull then ' not null' end, ' default ' || pg_get_expr(adbin, adrelid),
              case when attidentity <> '' then ' identity' end)
            from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
            left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
          union all
          select 3, format('table %s: constraint %s %s', relname, conname, pg_get_constraintdef(c.oid))
            from t join pg_constraint c on c.conrelid = t.oid and c.contype <> 'n'
          union all
          select 3, format('table %s: index %s', relname, regexp_replace(pg_get_indexdef(i.indexrelid), ' ON (ONLY )?public\.', ' on '))
            from t join pg_index i on i.indrelid = t.oid
            where not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.conrelid = t.oid)
          union all
          select 3, format('table %s: policy %s %s for %s to %s using %s with check %s', relname, polname,
              case when polpermissive then 'permissive' else 'RESTRICTIVE' end,
              case polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
              (select string_agg(coalesce(rolname, 'public'), ', ' order by rolname) from unnest(polroles) o left join pg_roles r on r.oid = o),
              coalesce(pg_get_expr(polqual, t.oid), '-'), coalesce(pg_get_expr(polwithcheck, t.oid), '-'))
            from t join pg_policy p on p.polrelid = t.oid
          union all
          select 3, format('table %s: grant %s to %s', relname, string_agg(lower(privilege_type), ', ' order by privilege_type), coalesce(r.rolname, 'public'))
            from t cross join aclexplode(t.relacl) a left join pg_roles r on r.oid = a.grantee
            where a.grantee <> t.relowner and privilege_type <> 'MAINTAIN' group by relname, r.rolname
          union all
          select 3, format('table %s: grant on column %s: %s', relname, attname, attacl)
            from t join pg_attribute a on a.attrelid = t.oid where attacl is not null
          union all
          select 3, format('table %s: trigger %s', relname, pg_get_triggerdef(g.oid))
            from t join pg_trigger g on g.tgrelid = t.oid where not tgisinternal
          union all
          select 3, format('partitions of %s: by month, owner %s, %s, %s', t.relname, string_agg(distinct p.relowner::regrole::text, ', '),
              case when bool_and(p.relrowsecurity and p.relforcerowsecurity) then 'row level security forced' else 'NO ROW LEVEL SECURITY' end,
              case when bool_and(p.relacl is null or not exists (select from aclexplode(p.relacl) a where a.grantee <> p.relowner)) then 'no grants' else 'GRANTS' end)
            from t join pg_inherits i on i.inhparent = t.oid join pg_class p on p.oid = i.inhrelid where t.relkind = 'p' group by t.relname
          union all
          select 4, format('function %s: returns %s, language %s, %s, security %s, owner %s, %s', signature, pg_get_function_result(f.oid), lanname,
              case provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end,
              case when prosecdef then 'definer' else 'invoker' end, proowner::regrole, coalesce(array_to_string(proconfig, ' '), 'no settings'))
            from f join pg_language l on l.oid = f.prolang
          union all
          select 4, format('function %s: execute to %s', signature, coalesce(r.rolname, 'PUBLIC'))
            from f cross join aclexplode(coalesce(proacl, acldefault('f', proowner))) a left join pg_roles r on r.oid = a.grantee
            where a.grantee <> f.proowner) facts
        order by section, line collate "C"
        """;

    [Fact]
    public async Task The_committed_schema_is_the_databases()
    {
        await using var superuser = await database.SuperuserAsync();
        var lines = await superuser.ListAsync<string>($"select line from ({Facts}) facts order by section, line collate \"C\"");
        var now = string.Join('\n', lines) + "\n";
        var file = Path.Combine(Root(), "docs", "schema.sql.txt");

        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(file, now, TestContext.Current.CancellationToken);

        var committed = File.Exists(file) ? await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken) : [];
        string.Join('\n', [.. committed.Except(lines).Select(line => "- " + line), .. lines.Except(committed).Select(line => "+ " + line)])
            .ShouldBe("", "The schema has changed: UPDATE_SNAPSHOTS=1 rewrites docs/schema.sql.txt");
        committed.ShouldBe(lines);
        now.ShouldNotContain("SCRAM-SHA-256");
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
