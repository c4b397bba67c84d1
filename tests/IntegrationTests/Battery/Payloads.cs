using CleanTenancy.IntegrationTests.Database;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>How an attacker's statement must end.</summary>
internal enum Verdict
{
    /// <summary>With one of the listed SQLSTATEs.</summary>
    Refused,

    /// <summary>Allowed, and nothing comes back.</summary>
    Nothing,

    /// <summary>Allowed: rows come back, and none of them is another tenant's.</summary>
    Own,

    /// <summary>Allowed: whatever comes back says nothing of another tenant; Says is why.</summary>
    Harmless,

    /// <summary>
    /// Allowed, and it harms the service: no row of another tenant is seen or changed. Says is how.
    /// </summary>
    Harm,

    /// <summary>The setting is no boundary for who writes SQL: another tenant's rows come back.</summary>
    Residual,
}

/// <summary>What an attacker writes, and what becomes of it.</summary>
/// <param name="Name">One word or a few.</param>
/// <param name="Sql">One statement, or several that are sent one after the other: the verdict is on the last.</param>
/// <param name="Verdict">How it must end.</param>
/// <param name="Says">The SQLSTATEs of a refusal; why it is harmless; what exactly comes back.</param>
/// <param name="IsUndone">Rolled back, for it would last in the whole cluster or for the other tests.</param>
internal sealed record Payload(string Name, string[] Sql, Verdict Verdict, string Says = "", bool IsUndone = false)
{
    public override string ToString() => Name;
}

/// <summary>
/// The attacker writes the SQL, as application_role, bound to tenant A. Statement by statement, in two positions.
/// </summary>
internal static class Payloads
{
    private const string Denied = "42501", ReadOnly = "25006", Several = "42601",
        Unavailable = "42501 0A000 58P01 42704";

    private static readonly Guid A = OwnDatabase.A, B = OwnDatabase.B;

    /// <summary>The read that takes the fragment: what a handler's query would be if it were put together.</summary>
    public const string Read = "select title as \"Value\" from events where title = ''";

    /// <summary>
    /// SELECT-only: a piece of one read in its bound batch, [begin read only] [bind] [read] [commit].
    /// </summary>
    public static readonly IReadOnlyList<Payload> Fragments =
    [
        Own("or true", " or true"),
        Nothing("or the other's org_id", $" or org_id = '{B}'"),
        Nothing("union of the other's events", $" union all select title from events where org_id = '{B}'"),
        Nothing("union of everybody but me", $" union all select name from organizations where id <> '{A}'"),
        Own("union of organizations", " union all select name from organizations"),
        Own("union of people", " union all select org_id::text || password_hash from users"),
        Refused("stacked delete", Several, "; delete from roles"),
        Refused("stacked set", Several, $"; set app.current_org_id = '{B}'"),
        Refused("stacked set_tenant_context", Several, $"; select set_tenant_context('{B}', null, null)"),
        Refused("stacked commit", Several, "; commit; begin"),
        Refused("set_config role", Denied, " union all select set_config('role', 'cleantenancy_owner', true)"),
        Refused("set_config session_authorization", Denied,
            " union all select set_config('session_authorization', 'postgres', true)"),
        Refused("set_config session_replication_role", Denied,
            " union all select set_config('session_replication_role', 'replica', true)"),
        Refused("set_config transaction_read_only", "25001",
            " union all select set_config('transaction_read_only', 'off', true)"),
        Own("set_config row_security",
            " union all select set_config('row_security', 'off', true) union all select title from events"),
        Harm("set_config statement_timeout for the session", "the pooled connection keeps it for who comes next",
            " union all select set_config('statement_timeout', '14s', false)"),
        Refused("writing CTE", "0A000",
            " union all (with gone as (delete from roles returning name) select name from gone)"),
        Refused("writing function", ReadOnly,
            " union all select record_deed(gen_random_uuid(), now(), 'forged', null, null, 'x')::text"),
        Refused("row lock", ReadOnly, " union all select title from (select title from events for update) e"),
        Harmless("forged signal", "NOTIFY is no write: an instance forgets a cached session, and reads it anew",
            " union all select pg_notify('cleantenancy', 'session:00000000-0000-7000-8000-000000000001')::text"),
        Refused("pg_read_file", Denied, " union all select pg_read_file('/etc/passwd')"),
        Refused("pg_read_binary_file", Denied, " union all select pg_read_binary_file('PG_VERSION')::text"),
        Refused("pg_ls_dir", Denied, " union all select pg_ls_dir('.')"),
        Refused("pg_stat_file", Denied, " union all select pg_stat_file('PG_VERSION')::text"),
        Refused("pg_ls_waldir", Denied, " union all select name from pg_ls_waldir()"),
        Refused("lo_import", Denied, " union all select lo_import('/etc/passwd')::text"),
        Refused("lo_export", Denied, " union all select lo_export(1, '/tmp/x')::text"),
        Refused("pg_reload_conf", Denied, " union all select pg_reload_conf()::text"),
        Refused("pg_authid", Denied, " union all select rolpassword from pg_authid"),
        Refused("pg_shadow", Denied, " union all select passwd from pg_shadow"),
        Refused("pg_hba_file_rules", Denied, " union all select auth_method from pg_hba_file_rules()"),
        Refused("pg_statistic", Denied, " union all select stavalues1::text from pg_statistic"),
        Nothing("pg_stats",
            " union all select concat(most_common_vals::text, histogram_bounds::text) from pg_stats "
            + "where schemaname = 'public' and tablename not in ('plans', 'plan_prices', '__EFMigrationsHistory')"),
        Nothing("pg_stats_ext", " union all select most_common_vals::text from pg_stats_ext"),
        Nothing("pg_settings",
            " union all select setting from pg_settings where name in ('data_directory', 'hba_file')"),
        Harmless("pg_user", "stars for passwords", " union all select usename || passwd from pg_user"),
        Harmless("pg_stat_activity", "statements with $1, and nothing at all of other roles",
            " union all select query from pg_stat_activity where datname = current_database()"),
        Harmless("pg_class.reltuples", "how many rows all tenants have together, and no more",
            " union all select relname || reltuples from pg_class where relnamespace = 'public'::regnamespace"),
        Harmless("pg_proc", "functions hold no secrets", " union all select prosrc from pg_proc"),
        Harmless("pg_policy", "the fence is no secret", " union all select polname from pg_policy"),
        Harmless("information_schema", "names of the tables that it may read anyway",
            " union all select table_name from information_schema.tables where table_schema = 'public'"),
        Refused("table_to_xml signing_keys", Denied,
            " union all select table_to_xml('public.signing_keys', true, false, '')::text"),
        Own("query_to_xml", " union all select query_to_xml('select title from events', true, false, '')::text"),
        Refused("query_to_xml delete", "0A000 25006",
            " union all select query_to_xml('delete from roles', true, false, '')::text"),
        Refused("division by zero, of the other's rows", "22012",
            $" union all select (1 / (select count(*) from events where org_id = '{B}'))::text"),
        Refused("division by zero, of nobody's rows", "22012",
            " union all select (1 / (select count(*) from events where org_id = gen_random_uuid()))::text"),
        Nothing("division by zero, row by row",
            $" or 1 / (case when org_id = '{A}' then 1 else 0 end) = 0"),
        Refused("cast that fails with the value", "22P02", " or title::int = 1"),
        Nothing("leaky operator before the policy", $" or (title like 'tenant-b%' and org_id <> '{A}')"),
        Refused("dblink", "42883", " union all select dblink_connect('dbname=postgres')"),
        Refused("signing_keys", Denied, " union all select kid from signing_keys"),
        Refused("platform_operators", Denied, " union all select password_hash from platform_operators"),
        Refused("tenant_slugs", Denied, " union all select slug from tenant_slugs"),
        Refused("tenant_hosts", Denied, " union all select host from tenant_hosts"),
        Residual("set_config in UNION",
            $" union all select set_config('app.current_org_id', '{B}', true) union all select title from events"),
        Residual("set_config in LATERAL",
            $" union all select e.title from (select set_config('app.current_org_id', '{B}', true) as bound offset 0) b"
            + " cross join lateral (select title from events where b.bound <> '' offset 0) e"),
        Residual("set_config in CTE",
            $" union all (with b as materialized (select set_config('app.current_org_id', '{B}', true) as bound) "
            + "select e.title from b cross join lateral (select title from events where b.bound <> '' offset 0) e)"),
        Residual("set_config in query_to_xml",
            " union all select query_to_xml("
            + $"'select set_config(''app.current_org_id'', ''{B}'', true)', true, false, '')::text"
            + " union all select query_to_xml('select title from events', true, false, '')::text"),
        Residual("set_tenant_context in UNION",
            $" union all select set_tenant_context('{B}', null, null) union all select title from events"),
    ];

    /// <summary>Stacked: whatever statements there are, in the bound transaction of a command, and committed.</summary>
    public static readonly IReadOnlyList<Payload> Stacked =
    [
        Refused("SET ROLE owner", Denied, "set role cleantenancy_owner"),
        Refused("SET ROLE migrator", Denied, "set role cleantenancy_migrator"),
        Refused("SET ROLE platform", Denied, "set role platform_role"),
        Refused("SET ROLE audit", Denied, "set role audit_role"),
        Refused("SET ROLE files", Denied, "set role pg_read_server_files"),
        Refused("SET LOCAL ROLE", Denied, "set local role cleantenancy_owner"),
        Refused("SET SESSION AUTHORIZATION", Denied, "set session authorization postgres"),
        Own("RESET ROLE", "reset role", "select title || current_user from events"),
        Own("RESET SESSION AUTHORIZATION", "reset session authorization", "select title || session_user from events"),
        Nothing("RESET the binding", "reset app.current_org_id", "select title from events"),
        Nothing("RESET ALL", "reset all", "select title from events"),
        Nothing("DISCARD PLANS", "discard plans", "select 1 where false"),
        Refused("row_security off", Denied, "set row_security = off", "select title from events"),
        Refused("session_replication_role", Denied, "set session_replication_role = replica"),
        Refused("DISABLE TRIGGER", Denied, "alter table events disable trigger all"),
        Refused("DISABLE ROW LEVEL SECURITY", Denied, "alter table events disable row level security"),
        Refused("NO FORCE", Denied, "alter table events no force row level security"),
        Refused("DROP POLICY", Denied, "drop policy tenant_isolation_policy on events"),
        Refused("ALTER POLICY", Denied, "alter policy tenant_isolation_policy on events using (true)"),
        Refused("CREATE POLICY", Denied, "create policy mine on events using (true)"),
        Refused("ALTER TABLE OWNER", Denied, "alter table events owner to application_role"),
        Refused("DROP TABLE", Denied, "drop table events"),
        Refused("CREATE TABLE", Denied, "create table mine ()"),
        Refused("CREATE TABLE AS", Denied, "create table mine as select * from events"),
        Refused("CREATE TEMP TABLE", Denied, "create temporary table mine ()"),
        Refused("SELECT INTO TEMP", Denied, "select title into temp mine from events"),
        Refused("CREATE SCHEMA", Denied, "create schema mine"),
        Refused("CREATE FUNCTION", Denied, "create function mine() returns int language sql as 'select 1'"),
        Refused("CREATE FUNCTION in pg_temp", Denied,
            "create function pg_temp.leak(text) returns bool language sql cost 0.0001 as 'select true'"),
        Refused("CREATE OPERATOR", Denied,
            "create operator public.<~ (leftarg = text, rightarg = text, function = texteq)"),
        Refused("CREATE TRIGGER", Denied,
            "create trigger mine before update on events for each row "
            + "execute function suppress_redundant_updates_trigger()"),
        Refused("CREATE RULE", Denied, "create rule mine as on select to events do instead select * from events"),
        Refused("CREATE VIEW", Denied, "create view mine as select * from events"),
        Refused("CREATE INDEX", Denied, "create index mine on events (title)"),
        Refused("CREATE EXTENSION", Unavailable, "create extension dblink"),
        Refused("CREATE EXTENSION postgres_fdw", Unavailable, "create extension postgres_fdw"),
        Refused("CREATE SERVER", Unavailable, "create server mine foreign data wrapper postgres_fdw"),
        Refused("CREATE LANGUAGE", Unavailable, "create language plperlu"),
        Refused("LOAD", "42501 58P01", "load 'auto_explain'"),
        Refused("CREATE ROLE", Denied, "create role mine"),
        Refused("ALTER ROLE BYPASSRLS", Denied, "alter role application_role bypassrls"),
        Refused("ALTER ROLE of another", Denied, "alter role platform_role set row_security = off"),
        Refused("DROP ROLE", Denied, "drop role platform_role"),
        Refused("GRANT a role", Denied, "grant cleantenancy_owner to application_role"),
        Refused("CREATE DATABASE", "42501 25001", "create database mine"),
        Refused("ALTER DATABASE", Denied,
            "do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$"),
        Refused("ALTER SYSTEM", "42501 25001", "alter system set row_security = off"),
        Refused("CREATE PUBLICATION", Denied, "create publication mine for table events"),
        Refused("CREATE SUBSCRIPTION", "42501 25001",
            "create subscription mine connection '' publication p with (connect = false)"),
        Refused("CREATE EVENT TRIGGER", Denied,
            "create event trigger mine on ddl_command_end execute function suppress_redundant_updates_trigger()"),
        Refused("REASSIGN OWNED", Denied, "reassign owned by cleantenancy_owner to application_role"),
        Nothing("GRANT on a table", "grant select on events to public", "select 1 where false"),
        Nothing("REVOKE", "revoke all on events from application_role", "select 1 where false"),
        Refused("GRANT on what it may not read", Denied, "grant select on signing_keys to application_role"),
        Refused("COPY TO PROGRAM", Denied, "copy (select 1) to program 'id'"),
        Refused("COPY FROM PROGRAM", Denied, "copy roles from program 'id'"),
        Refused("COPY TO file", Denied, "copy (select title from events) to '/tmp/mine'"),
        Refused("COPY FROM file", "42501 0A000", "copy roles from '/etc/passwd'"),
        Refused("COPY FROM STDIN", "0A000", "copy roles from stdin"),
        Refused("lo_import", Denied, "select lo_import('/etc/passwd')::text"),
        Refused("lo_export", Denied, "select lo_export(1, '/tmp/mine')::text"),
        Harm("lo_from_bytea", "large objects are everybody's to make and to fill the disk with",
            isUndone: true, "select lo_from_bytea(0, 'x')::text"),
        Refused("TRUNCATE", Denied, "truncate events cascade"),
        Refused("DELETE of events", Denied, "delete from events"),
        Nothing("UPDATE of the other's", $"update events set title = 'x' where org_id = '{B}' returning title"),
        Refused("UPDATE to the other", Denied, $"update events set org_id = '{B}'"),
        Refused("INSERT for the other", Denied,
            "insert into roles (org_id, id, name, permissions, built_in, version, created_at) "
            + $"values ('{B}', gen_random_uuid(), 'x', '{{}}', false, 1, now())"),
        Nothing("DELETE of the other's", $"delete from roles where org_id = '{B}' returning name"),
        Refused("MERGE into the other", Denied,
            "merge into usage_counters u using (select 1) x on false when not matched then "
            + $"insert (org_id, resource) values ('{B}', 'storage')"),
        Harm("LOCK TABLE", "others wait, until the lock's time limit ends them and the transaction's ends it",
            isUndone: true, "lock table events in access exclusive mode", "select 1::text"),
        Harmless("advisory lock", "nobody waits for one of these", "select pg_try_advisory_lock(1)::text"),
        Harmless("NOTIFY", "an instance forgets a cached session, and reads it anew",
            "notify cleantenancy, 'session:00000000-0000-7000-8000-000000000001'", "select 1::text"),
        Refused("pg_terminate_backend of another role", Denied,
            "select pg_terminate_backend(pid)::text from pg_stat_activity "
            + "where usename <> current_user and datname = current_database()"),
        Refused("pg_cancel_backend of another role", Denied,
            "select pg_cancel_backend(pid)::text from pg_stat_activity "
            + "where usename <> current_user and datname = current_database()"),
        Harm("pg_terminate_backend of its own role", "other requests of the API lose their connection", isUndone: false,
            "select pg_terminate_backend(pid)::text from pg_stat_activity "
            + "where application_name = 'victim' and datname = current_database()"),
        Refused("pg_reload_conf", Denied, "select pg_reload_conf()::text"),
        Refused("pg_rotate_logfile", Denied, "select pg_rotate_logfile()::text"),
        Refused("pg_switch_wal", Denied, "select pg_switch_wal()::text"),
        Refused("pg_create_physical_replication_slot", Denied,
            "select pg_create_physical_replication_slot('mine')::text"),
        Refused("pg_stat_reset", Denied, "select pg_stat_reset()::text"),
        Refused("CHECKPOINT", Denied, "checkpoint"),
        Refused("CLUSTER", Denied, "cluster events using pk_events"),
        Refused("REINDEX", Denied, "reindex table events"),
        Nothing("ANALYZE", "analyze events", "select 1 where false"),
        Harmless("EXPLAIN ANALYZE of the other's",
            "says how many rows the policy hid, of all tenants; their values it does not",
            "set local enable_indexscan = off", "set local enable_bitmapscan = off",
            "explain (analyze, verbose, timing off) select * from events"),
        Own("WITH HOLD cursor", "declare mine cursor with hold for select title from events", "fetch all from mine"),
        Own("PREPARE", "prepare mine as select title from events", "execute mine"),
        Refused("DO: SET ROLE", Denied, "do $$ begin execute 'set role cleantenancy_owner'; end $$"),
        Refused("DO: COPY PROGRAM", Denied, "do $$ begin execute 'copy (select 1) to program ''id'''; end $$"),
        Refused("partition", Denied, "select * from {partition}"),
        Refused("INSERT into a partition", Denied, "insert into {partition} default values"),
        Refused("DROP a partition", Denied, "drop table {partition}"),
        Own("audit_logs", "select org_id::text from audit_logs"),
        Refused("INSERT into audit_logs", Denied,
            "insert into audit_logs (org_id, id, created_at, action, actor_kind) "
            + $"values ('{A}', gen_random_uuid(), now(), 'x', 'user')"),
        Refused("UPDATE of audit_logs", Denied, "update audit_logs set action = 'x'"),
        Refused("DELETE from audit_logs", Denied, "delete from audit_logs"),
        Refused("signing_keys", Denied, "select private_key from signing_keys"),
        Refused("INSERT into signing_keys", Denied, "insert into signing_keys values ('mine', 'x', now())"),
        Refused("platform_operators", Denied, "select * from platform_operators"),
        Refused("INSERT into platform_operators", Denied,
            "insert into platform_operators values (gen_random_uuid(), 'x@x.test', 'x@x.test', 'x', 'x', now())"),
        Refused("tenant_slugs", Denied, "select * from tenant_slugs"),
        Refused("UPDATE of tenant_slugs", Denied, $"update tenant_slugs set org_id = '{A}' where slug = 'tenant-b'"),
        Refused("tenant_hosts", Denied, "select * from tenant_hosts"),
        Refused("INSERT into tenant_hosts", Denied,
            $"insert into tenant_hosts (host, org_id, verified_at) values ('b.test', '{A}', now())"),
        Harmless("__EFMigrationsHistory", "names of migrations", "select migration_id from \"__EFMigrationsHistory\""),
        Refused("DELETE from __EFMigrationsHistory", Denied, "delete from \"__EFMigrationsHistory\""),
        Harmless("plans", "the catalogue, the same for everybody", "select tier from plans"),
        Refused("UPDATE of plans", Denied, "update plans set max_events = null"),
        Refused("UPDATE of plan_prices", Denied, "update plan_prices set amount = 0"),
        Refused("UPDATE of organizations", Denied, "update organizations set tier = 'enterprise'"),
        Refused("fence_tenant_table", Denied, "select fence_tenant_table('events', 'all')::text"),
        Refused("ensure_audit_partitions", Denied, "select ensure_audit_partitions(now()::date, 1)::text"),
        Refused("PREPARE TRANSACTION", "55000 42501", "prepare transaction 'mine'"),

        // What a role may do to itself, and no grant takes away.
        Refused("ALTER ROLE itself SET the binding", Denied,
            $"alter role application_role set app.current_org_id = '{B}'"),
        Harm("ALTER ROLE itself SET", "every new connection of the API begins with it, in every database of the server",
            isUndone: true, "alter role application_role set default_transaction_read_only = on", "select 1::text"),
        Harm("ALTER ROLE itself PASSWORD", "the API is locked out at its next connection",
            isUndone: true, "alter role application_role password 'mine'", "select 1::text"),
        Harm("DROP OWNED BY itself", "the policies are for it alone and go with it: afterwards nobody sees a row",
            isUndone: true, "drop owned by application_role", "select count(*)::text from events"),

        Residual("SET the binding", $"set app.current_org_id = '{B}'", "select title from events"),
        Residual("SET LOCAL the binding", $"set local app.current_org_id = '{B}'", "select title from events"),
        Residual("set_config", $"select set_config('app.current_org_id', '{B}', true)", "select title from events"),
        Residual("set_tenant_context", $"select set_tenant_context('{B}', null, null)", "select title from events"),
        Residual("DO", $"do $$ begin perform set_config('app.current_org_id', '{B}', true); end $$",
            "select title from events"),
    ];

    /// <summary>What each function that runs with its owner's rights gives to who may write SQL.</summary>
    public static readonly IReadOnlyDictionary<string, string> Definers = new Dictionary<string, string>
    {
        ["resolve_tenant(text,text)"] = "the id of a tenant whose slug or host it knows exactly: addresses are public",
        ["record_deed(uuid,timestamp with time zone,text,uuid,uuid,text)"] =
            "forged lines, of any time and person, in the log of the bound tenant; in no other's but by the residual",
        ["record_deed(text,uuid,uuid,jsonb)"] =
            "forged lines of now, of any person, in the log of the bound tenant; in no other's but by the residual",
    };

    private static Payload Refused(string name, string states, params string[] sql) =>
        new(name, sql, Verdict.Refused, states);

    private static Payload Nothing(string name, params string[] sql) => new(name, sql, Verdict.Nothing);

    private static Payload Own(string name, params string[] sql) => new(name, sql, Verdict.Own);

    private static Payload Harmless(string name, string why, params string[] sql) =>
        new(name, sql, Verdict.Harmless, why);

    private static Payload Harm(string name, string how, bool isUndone, params string[] sql) =>
        new(name, sql, Verdict.Harm, how, isUndone);

    private static Payload Harm(string name, string how, string sql) => new(name, [sql], Verdict.Harm, how);

    private static Payload Residual(string name, params string[] sql) => new(name, sql, Verdict.Residual);
}
