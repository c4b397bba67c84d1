-- Run by a superuser, once per database; may be run again. Roles belong to the cluster, grants to the database.
do $$
begin
  if not exists (select from pg_roles where rolname = 'cleantenancy_owner') then
    create role cleantenancy_owner nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'audit_role') then
    create role audit_role nologin;
  end if;
  -- Owns the one function that erases a tenant's rows; nobody logs in as it.
  if not exists (select from pg_roles where rolname = 'purge_role') then
    create role purge_role nologin;
  end if;
  -- A forced owner's migrations lie (UPDATE touches no row, a violated key validates): the migrator bypasses RLS.
  if not exists (select from pg_roles where rolname = 'cleantenancy_migrator') then
    create role cleantenancy_migrator login bypassrls in role cleantenancy_owner, audit_role;
  end if;
  if not exists (select from pg_roles where rolname = 'application_role') then
    create role application_role login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_roles where rolname = 'platform_role') then
    create role platform_role login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  grant purge_role to cleantenancy_migrator;
  -- Nobody but the migrator creates or keeps temporary tables: they would keep a tenant's rows on a pooled connection.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to application_role, platform_role', current_database());
  execute format('grant connect, create, temporary on database %I to cleantenancy_migrator', current_database());
end
$$;

revoke all on schema public from public;
grant usage on schema public to application_role, platform_role, audit_role;
grant usage, create on schema public to cleantenancy_migrator, cleantenancy_owner, audit_role, purge_role;
-- What is created later is for nobody until a migration says for whom.
alter default privileges for role cleantenancy_migrator, cleantenancy_owner, audit_role, purge_role revoke execute on functions from public;

-- A query that runs away, waits or idles in a transaction ends by itself; other tenants need the connection.
alter role application_role set statement_timeout = '15s';
alter role application_role set lock_timeout = '5s';
alter role application_role set idle_in_transaction_session_timeout = '15s';
alter role platform_role set statement_timeout = '60s';
alter role platform_role set lock_timeout = '5s';
alter role platform_role set idle_in_transaction_session_timeout = '30s';
alter role cleantenancy_migrator set lock_timeout = '2s';

-- Without the extension these do nothing; with it the tenant's settings reach the shards.
alter role application_role set citus.propagate_set_commands = 'local';
alter role cleantenancy_migrator set citus.enable_local_reference_table_foreign_keys = 'off';
alter role cleantenancy_migrator set citus.multi_shard_modify_mode = 'sequential';
