-- From sign-up to purge: what a tenant was promised, what is done for it, what is left of it.

-- A name is reserved before its host answers, and stays taken for a while after the tenant is gone: old links and
-- tickets must not lead to a stranger.
alter table tenant_slugs
  add column routed_at timestamptz default now(),
  add column quarantined_until timestamptz;
alter table tenant_hosts add column quarantined_until timestamptz;

create or replace function resolve_tenant(p_slug text, p_host text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select org_id from public.tenant_slugs where slug = p_slug and routed_at is not null
  union all
  select org_id from public.tenant_hosts where host = p_host and verified_at is not null
  limit 1
$$;

-- The names are read and written by these functions only; each is about one name or one tenant.
create function slug_is_taken(p_slug text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select exists (select from public.tenant_slugs where slug = p_slug) $$;

-- False when somebody has it, or had it a while ago: the primary key decides, never a look before.
create function reserve_slug(p_slug text, p_org uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.tenant_slugs (slug, org_id, routed_at) values (p_slug, p_org, null) on conflict do nothing;
  return found;
end
$$;

create function route_slug(p_slug text, p_org uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update public.tenant_slugs set routed_at = coalesce(routed_at, now())
  where slug = p_slug and org_id = p_org and quarantined_until is null;
  return found;
end
$$;

-- No host of the tenant answers any more, and nobody else gets its names before the instant.
create function quarantine_names(p_org uuid, p_until timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  update public.tenant_slugs set routed_at = null, quarantined_until = p_until where org_id = p_org;
  update public.tenant_hosts set verified_at = null, quarantined_until = p_until where org_id = p_org;
$$;

-- Custom domains of a deleted tenant: served until they are released, and nobody else's before the instant; null
-- takes it back.
create function quarantine_hosts(p_org uuid, p_until timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ update public.tenant_hosts set quarantined_until = p_until where org_id = p_org $$;

-- Frees all names of a tenant but the one that its row points at: the foreign key keeps that.
create function release_names(p_org uuid, p_keep text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  delete from public.tenant_slugs where org_id = p_org and slug <> p_keep;
  delete from public.tenant_hosts where org_id = p_org;
$$;

-- Tenants whose names are to be released.
create function names_to_release(p_now timestamptz, p_limit int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select distinct org_id from public.tenant_slugs where quarantined_until <= p_now limit p_limit
$$;

alter function slug_is_taken(text) owner to cleantenancy_owner;
alter function reserve_slug(text, uuid) owner to cleantenancy_owner;
alter function route_slug(text, uuid) owner to cleantenancy_owner;
alter function quarantine_names(uuid, timestamptz) owner to cleantenancy_owner;
alter function quarantine_hosts(uuid, timestamptz) owner to cleantenancy_owner;
alter function release_names(uuid, text) owner to cleantenancy_owner;
alter function names_to_release(timestamptz, int) owner to cleantenancy_owner;
grant execute on function slug_is_taken(text), reserve_slug(text, uuid), route_slug(text, uuid),
  quarantine_names(uuid, timestamptz), quarantine_hosts(uuid, timestamptz), release_names(uuid, text),
  names_to_release(timestamptz, int) to platform_role;

-- What was promised by mail: one notice for each deadline, however many sweeps see it.
create table lifecycle_notices (
  org_id uuid not null references organizations (id),
  notice varchar(40) not null,
  deadline timestamptz not null,
  created_at timestamptz not null,
  primary key (org_id, notice, deadline)
);

-- A sign-up has no tenant to keep its Idempotency-Key in: hashes only.
create table sign_up_keys (
  key_hash bytea primary key,
  request_hash bytea not null,
  tenant_id uuid not null,
  operation_id uuid not null,
  created_at timestamptz not null
);

-- Purges, and the undoing of sign-ups that failed. What is left when all else is gone: counts and hashes, table by
-- table (the certificate of erasure). A digest goes on over its table's batches.
create table purges (
  tenant_id uuid primary key,
  kind varchar(20) not null,
  requested_by uuid,
  reason varchar(500),
  started_at timestamptz not null,
  -- Whoever was under way when it started is through by then: what they left is looked for once more.
  settles_at timestamptz not null,
  finished_at timestamptz,
  constraint ck_purges_kind check (kind in ('purge', 'compensation', 'replay'))
);
create index ix_purges_unfinished on purges (started_at) where finished_at is null;
-- By name, for a later release may know more tables: the position is only for reading.
create table purge_steps (
  tenant_id uuid not null references purges (tenant_id),
  target varchar(63) not null,
  position int not null,
  rows bigint not null default 0,
  -- Of files; counted before they are erased, so that a crash in between counts nothing twice.
  bytes bigint,
  digest bytea,
  done_at timestamptz,
  primary key (tenant_id, target)
);

-- What the law keeps (contracts and payments: five years): no names, no addresses, a retention of its own.
create table retained_ledger (
  id uuid primary key,
  tenant_id uuid not null,
  at timestamptz not null,
  kind varchar(60) not null,
  tier varchar(40),
  amount bigint,
  currency character(3),
  retain_until timestamptz not null
);
create index ix_retained_ledger_tenant_id on retained_ledger (tenant_id);
create index ix_retained_ledger_retain_until on retained_ledger (retain_until);

alter table sign_up_keys owner to cleantenancy_owner;
alter table purges owner to cleantenancy_owner;
alter table purge_steps owner to cleantenancy_owner;
alter table retained_ledger owner to cleantenancy_owner;
grant select, insert, delete on sign_up_keys to platform_role;
grant select, insert, update on purges, purge_steps to platform_role;
grant select, insert, delete on retained_ledger to platform_role;

-- The purge: nobody logs in as its role, and its rows go by one function, which asks whether a purge is under way. What
-- it deletes is not logged: a purge must not write the erased person back.
grant usage on schema public to purge_role;
grant select on purges to purge_role;

create or replace function audit_tenant_table(
  p_table regclass, p_hidden text default '', p_skipped text default '', p_key name default 'org_id',
  p_row name default 'id') returns void
language plpgsql security invoker
as $$
begin
  execute format(
    'create trigger audit_rows after insert or update or delete on %s for each row when (current_user <> ''purge_role'') '
    || 'execute function audit_tenant_operation(%L, %L, %L, %L, %L)',
    p_table, p_table::text, p_key, p_row, p_hidden, p_skipped);
end
$$;

create function let_purge(p_table regclass) returns void
language plpgsql security invoker
as $$
begin
  execute format('grant select, delete on %s to purge_role', p_table);
  execute format(
    'create policy purge_policy on %s for all to purge_role '
    || 'using (org_id = nullif(current_setting(''app.current_org_id'', true), '''')::uuid) '
    || 'with check (org_id = nullif(current_setting(''app.current_org_id'', true), '''')::uuid)', p_table);
end
$$;

-- As before, and purged like every other.
create or replace function fence_tenant_table(p_table regclass, p_grants text, p_key name default 'org_id') returns void
language plpgsql security invoker
as $$
declare
  own text := format('%I = nullif(current_setting(''app.current_org_id'', true), '''')::uuid', p_key);
begin
  execute format('alter table %s owner to cleantenancy_owner', p_table);
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('revoke all on %s from public', p_table);
  execute format('grant %s on %s to application_role', p_grants, p_table);
  execute format(
    'create policy tenant_isolation_policy on %s for all to application_role using (%s) with check (%s)',
    p_table, own, own);
  perform let_purge(p_table);
end
$$;

-- The tables that are there already: purged too, and their triggers made anew.
do $do$
declare
  one record;
begin
  for one in select c.oid::regclass as name from pg_class c join pg_policy p on p.polrelid = c.oid
    where p.polname = 'tenant_isolation_policy' and c.oid <> 'organizations'::regclass
  loop
    perform let_purge(one.name);
  end loop;
  for one in
    select g.tgrelid::regclass as name, (string_to_array(encode(g.tgargs, 'escape'), '\000')) as args
    from pg_trigger g where g.tgname = 'audit_rows' and not g.tgisinternal
  loop
    execute format('drop trigger audit_rows on %s', one.name);
    perform audit_tenant_table(one.name, one.args[4], one.args[5], one.args[2]::name, one.args[3]::name);
  end loop;
end
$do$;

select fence_tenant_table('sign_ups', 'select');
select fence_tenant_table('provisioning_steps', 'select, update');
select fence_tenant_table('lifecycle_notices', 'select');
select fence_tenant_table('event_templates', 'select, insert, update, delete');
select fence_tenant_table('email_templates', 'select, insert, update, delete');
select fence_tenant_table('operations', 'select, insert, update');
select audit_tenant_table('event_templates', 'contact_email', 'created_at,updated_at,version');
select audit_tenant_table('email_templates', '', 'created_at,updated_at,version');

-- Deletes some rows of one tenant, in the order of their key; answers how many, and the digest that goes on.
-- By index, whatever the planner thinks of the rows that a batch skips: a scan of the table for each would be quadratic.
create function purge_tenant_rows(p_org uuid, p_table text, p_limit int, p_digest bytea, out rows bigint, out digest bytea)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  keys text;
begin
  if not exists (select from public.purges where tenant_id = p_org and finished_at is null) then
    raise exception 'no purge of this tenant is under way' using errcode = '42501';
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by k.n) into keys
    from pg_class c
    join pg_policy p on p.polrelid = c.oid and p.polname = 'purge_policy'
    join pg_index i on i.indrelid = c.oid and i.indisprimary
    cross join unnest(i.indkey::int2[]) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where c.relnamespace = 'public'::regnamespace and c.relname = p_table;
  if keys is null then
    raise exception 'no such tenant table: %', p_table using errcode = '42501';
  end if;
  execute format(
    'with gone as (delete from public.%1$I t where t.org_id = $1 and (%2$s) in ('
    || 'select %2$s from public.%1$I where org_id = $1 order by %2$s limit $2) returning t::text as line) '
    || 'select count(*), case when count(*) = 0 then $3 else sha256(coalesce($3, ''\x'') '
    || '|| sha256(convert_to(string_agg(line, chr(10) order by line), ''UTF8''))) end from gone', p_table, keys)
    into rows, digest using p_org, p_limit, p_digest;
end
$$;
alter function purge_tenant_rows(uuid, text, int, bytea) owner to purge_role;
grant execute on function purge_tenant_rows(uuid, text, int, bytea) to platform_role;

-- What stays of a tenant's own row says nothing of it, and its log does not get the name that goes.
grant select, update on organizations to purge_role;
create policy tombstone_policy on organizations for all to purge_role
  using (id = nullif(current_setting('app.current_org_id', true), '')::uuid)
  with check (id = nullif(current_setting('app.current_org_id', true), '')::uuid);
create function entomb_tenant(p_org uuid, p_slug text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from public.purges where tenant_id = p_org) then
    raise exception 'no purge of this tenant was begun' using errcode = '42501';
  end if;
  update public.organizations
    set name = '', slug = coalesce(p_slug, slug), branding = null, disposition = null, locale = 'en', time_zone = 'UTC',
      updated_at = now(), version = version + 1
    where id = p_org;
end
$$;
alter function entomb_tenant(uuid, text) owner to purge_role;
grant execute on function entomb_tenant(uuid, text) to platform_role;

-- What operators did stays in the platform's log; what they wrote about a tenant that is gone in words of their own may
-- name a person, and does not.
grant select, update on platform_audit_logs to purge_role;
create function forget_reasons(p_org uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from public.purges where tenant_id = p_org) then
    raise exception 'no purge of this tenant was begun' using errcode = '42501';
  end if;
  update public.platform_audit_logs set details = details - 'reason'
    where (row_id = p_org or details ->> 'org' = p_org::text) and details ? 'reason';
end
$$;
alter function forget_reasons(uuid) owner to purge_role;
grant execute on function forget_reasons(uuid) to platform_role;

-- The platform's part in a tenant's life: bound to the one tenant that it is about.
grant insert, update on organizations to platform_role;
create policy platform_found_policy on organizations for insert to platform_role
  with check (id = nullif(current_setting('app.current_org_id', true), '')::uuid);
create policy platform_lifecycle_policy on organizations for update to platform_role
  using (id = nullif(current_setting('app.current_org_id', true), '')::uuid)
  with check (id = nullif(current_setting('app.current_org_id', true), '')::uuid);

create function let_platform(p_table regclass, p_grants text) returns void
language plpgsql security invoker
as $$
begin
  execute format('grant %s on %s to platform_role', p_grants, p_table);
  execute format(
    'create policy platform_lifecycle_policy on %s for all to platform_role '
    || 'using (org_id = nullif(current_setting(''app.current_org_id'', true), '''')::uuid) '
    || 'with check (org_id = nullif(current_setting(''app.current_org_id'', true), '''')::uuid)', p_table);
end
$$;
select let_platform('sign_ups', 'select, insert, update');
select let_platform('provisioning_steps', 'select, insert, update');
select let_platform('lifecycle_notices', 'select, insert');
select let_platform('usage_counters', 'select, insert');
select let_platform('sessions', 'select, update');
select let_platform('api_keys', 'select, update');
select let_platform('operations', 'select, update');
-- Looks for what waits, of all tenants; claims it bound to its tenant.
create policy platform_read_policy on operations for select to platform_role using (true);
-- Looks for whom to tell, among all tenants; tells it bound to its tenant.
create policy platform_read_policy on lifecycle_notices for select to platform_role using (true);
grant insert on outbox to platform_role;

-- Who is suspended or deleted already has its time from now on.
update organizations set grace_ends_at = now() + interval '14 days'
  where state = 'suspended' and suspension_reason = 'billing';
update organizations set suspended_from = 'active' where state = 'suspended';
update organizations set purge_due_at = now() + interval '30 days', deleted_from = 'suspended' where state = 'deleted';

-- Dead messages are looked for by their id alone, and there are few.
create index ix_outbox_dead on outbox (id) where dead_at is not null;

-- What nobody needs any more of the bound tenant, each kind after its time (ADR 0046), so many rows of each at most. As
-- the purge's role, whose deletions are not logged. The ages are judged here: who may call it can delete nothing else.
create function expire_tenant_rows(p_org uuid, p_limit int) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  total bigint := 0;
  n bigint;
  ended uuid[];
begin
  delete from public.idempotency_keys where org_id = p_org and (caller_id, key) in (
    select caller_id, key from public.idempotency_keys
    where org_id = p_org and created_at < now() - interval '24 hours' limit p_limit);
  get diagnostics n = row_count; total := total + n;

  delete from public.one_time_tokens where org_id = p_org and hash in (
    select hash from public.one_time_tokens
    where org_id = p_org and expires_at < now() - interval '1 day' limit p_limit);
  get diagnostics n = row_count; total := total + n;

  -- The chain of a session that lives is kept whole: a token used twice tells of its theft.
  ended := array(
    select id from public.sessions
    where org_id = p_org and coalesce(revoked_at, expires_at) < now() - interval '30 days' limit p_limit);
  delete from public.refresh_tokens where org_id = p_org and session_id = any (ended);
  get diagnostics n = row_count; total := total + n;
  delete from public.sessions where org_id = p_org and id = any (ended);
  get diagnostics n = row_count; total := total + n;

  delete from public.outbox where org_id = p_org and id in (
    select id from public.outbox where org_id = p_org and done_at < now() - interval '7 days' limit p_limit);
  get diagnostics n = row_count; total := total + n;

  delete from public.operations where org_id = p_org and id in (
    select id from public.operations where org_id = p_org and status in ('succeeded', 'failed', 'cancelled')
      and finished_at < now() - interval '90 days' limit p_limit);
  get diagnostics n = row_count; total := total + n;
  return total;
end
$$;
alter function expire_tenant_rows(uuid, int) owner to purge_role;
grant execute on function expire_tenant_rows(uuid, int) to platform_role;
