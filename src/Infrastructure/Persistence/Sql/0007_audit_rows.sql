-- Row changes and deeds in one table: who (actor, kind, on behalf of), from where (address), in which request (request
-- id, trace id), what (deed, or table, row and changed columns).
alter table audit_logs add column trace_id varchar(32);
-- Of a deed, what its name does not say: which request was denied, and why.
alter table audit_logs add column details jsonb;
-- Rows arrive in the order of time: the sealing looks at the last hour without reading the month.
create index ix_audit_logs_created_at on audit_logs using brin (created_at);

-- The binding of a command: all that the log needs. Reads bind the tenant alone, by the other function of this name.
create function set_tenant_context(
  p_org uuid, p_user uuid, p_ip text, p_kind text, p_on_behalf_of uuid, p_request text, p_trace text) returns text
language sql volatile security invoker
as $$
  select set_config('app.current_org_id', p_org::text, true)
      || set_config('app.current_user_id', coalesce(p_user::text, ''), true)
      || set_config('app.client_ip', coalesce(p_ip, ''), true)
      || set_config('app.actor_kind', p_kind, true)
      || set_config('app.on_behalf_of', coalesce(p_on_behalf_of::text, ''), true)
      || set_config('app.request_id', coalesce(p_request, ''), true)
      || set_config('app.trace_id', coalesce(p_trace, ''), true)
$$;
grant execute on function set_tenant_context(uuid, uuid, text, text, uuid, text, text) to application_role;

-- UUIDv7 (RFC 9562, 5.7): milliseconds, then the rest of the microseconds (6.2, method 3), then random bits. Made here,
-- of one clock for rows and deeds, so that the order of ids is the order of the log. Without settings of its own, so
-- that it is inlined: a SQL function that is not is planned anew by every statement, which cost more than the row.
create function audit_log_id(p_at timestamptz) returns uuid
language sql volatile
as $$
  select (lpad(to_hex((date_part('epoch', p_at) * 1000000)::bigint / 1000), 12, '0') || '7'
      || lpad(to_hex((date_part('epoch', p_at) * 1000000)::bigint % 1000 * 4096 / 1000), 3, '0')
      || substr(gen_random_uuid()::text, 20))::uuid
$$;
alter function audit_log_id(timestamptz) owner to audit_role;

-- The deed itself comes with the organization of the row or of the binding: audit_role writes for all of them, and
-- nobody but its own functions writes as audit_role.
drop policy audit_append_policy on audit_logs;
create policy audit_append_policy on audit_logs for insert to audit_role with check (org_id is not null);

-- AFTER ROW, so that it sees what was written and cannot prevent it. The organization is the row's own, never the
-- setting's. Arguments: the table's logical name (a shard has another), the tenant key, the row's id (or '' for a row
-- without one), columns that are named without their values (secrets, personal data), and columns that are not recorded
-- (they follow from others, and a change of them alone is none).
create function audit_tenant_operation() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  hidden constant text[] := string_to_array(tg_argv[3], ',');
  skipped constant text[] := string_to_array(tg_argv[4], ',') || array[tg_argv[1], tg_argv[2]];
  shown constant jsonb := case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  at constant timestamptz := clock_timestamp();
  before jsonb;
  changed jsonb;
begin
  if tg_op = 'UPDATE' then
    before := to_jsonb(old);
    select jsonb_object_agg(key, case when key = any (hidden) then '{"redacted": true}'::jsonb
             else jsonb_build_object('old', public.audit_value(before -> key), 'new', public.audit_value(value)) end)
      into changed
      from jsonb_each(shown - skipped)
      where value is distinct from before -> key;
    if changed is null then return null; end if;
  else
    select jsonb_object_agg(key, case when key = any (hidden) then '{"redacted": true}'::jsonb
             else jsonb_build_object(case tg_op when 'INSERT' then 'new' else 'old' end, public.audit_value(value)) end)
      into changed
      from jsonb_each(shown - skipped)
      where value <> 'null';
  end if;

  insert into public.audit_logs
    (org_id, id, created_at, action, table_name, row_id, changes,
     actor_kind, actor_id, on_behalf_of, address, request_id, trace_id)
  values
    ((shown ->> tg_argv[1])::uuid, public.audit_log_id(at), at, lower(tg_op), tg_argv[0],
     (shown ->> nullif(tg_argv[2], ''))::uuid, changed,
     coalesce(nullif(current_setting('app.actor_kind', true), ''), 'system'),
     nullif(current_setting('app.current_user_id', true), '')::uuid,
     nullif(current_setting('app.on_behalf_of', true), '')::uuid,
     nullif(current_setting('app.client_ip', true), ''),
     nullif(current_setting('app.request_id', true), ''),
     nullif(current_setting('app.trace_id', true), ''));
  return null;
end
$$;
alter function audit_tenant_operation() owner to audit_role;

-- A long text is recorded by its beginning: the log tells that and how it changed, it is no second store of it. Stable
-- as to_jsonb is, and without settings: else it is not inlined.
create function audit_value(p_value jsonb) returns jsonb
language sql stable
as $$
  select case when jsonb_typeof(p_value) = 'string' and length(p_value #>> '{}') > 1000
    then to_jsonb(left(p_value #>> '{}', 1000) || '...') else p_value end
$$;
alter function audit_value(jsonb) owner to audit_role;

-- Every tenant table goes through this, or stands in the list of those that do not need it, with its reason (the
-- architecture tests compare both with the entity mapping).
create function audit_tenant_table(
  p_table regclass, p_hidden text default '', p_skipped text default '', p_key name default 'org_id',
  p_row name default 'id') returns void
language plpgsql security invoker
as $$
begin
  execute format(
    'create trigger audit_rows after insert or update or delete on %s for each row '
    || 'execute function audit_tenant_operation(%L, %L, %L, %L, %L)',
    p_table, p_table::text, p_key, p_row, p_hidden, p_skipped);
end
$$;

select audit_tenant_table('organizations', '', 'created_at,updated_at,version', 'id');
select audit_tenant_table(
  'users', 'email,name,normalized_email,password_hash', 'created_at,last_sign_in_at,updated_at,version');
select audit_tenant_table('roles', '', 'created_at,version');
select audit_tenant_table('user_roles', '', '', 'org_id', 'user_id');
select audit_tenant_table('sessions', 'client_address', 'created_at');
select audit_tenant_table(
  'events', 'contact_email', 'created_at,registered,updated_at,version');
select audit_tenant_table('programs', '', 'created_at,updated_at,version');
select audit_tenant_table('registrations', 'email,name,normalized_email', 'created_at,updated_at,version');

-- A deed of the pipeline, in the transaction of the deed; or what was denied, in one of its own. All but the deed itself
-- is what the transaction is bound to. plpgsql, which keeps its plan, and is a fifth of the price.
create function record_deed(p_action text, p_row uuid, p_actor uuid, p_details jsonb) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  at constant timestamptz := clock_timestamp();
begin
  insert into public.audit_logs
    (org_id, id, created_at, action, row_id, details,
     actor_kind, actor_id, on_behalf_of, address, request_id, trace_id)
  values
    (nullif(current_setting('app.current_org_id', true), '')::uuid, public.audit_log_id(at), at, p_action, p_row,
     p_details,
     -- Who signs in is nobody before, and the person after.
     case when p_actor is not null then 'user'
       else coalesce(nullif(current_setting('app.actor_kind', true), ''), 'system') end,
     coalesce(p_actor, nullif(current_setting('app.current_user_id', true), '')::uuid),
     nullif(current_setting('app.on_behalf_of', true), '')::uuid,
     nullif(current_setting('app.client_ip', true), ''),
     nullif(current_setting('app.request_id', true), ''),
     nullif(current_setting('app.trace_id', true), ''));
end
$$;
alter function record_deed(text, uuid, uuid, jsonb) owner to audit_role;
grant execute on function record_deed(text, uuid, uuid, jsonb) to application_role;

-- Instances of the release before call this one while they are replaced. Instant and id are no longer theirs to say.
create or replace function record_deed(
  p_id uuid, p_at timestamptz, p_action text, p_row uuid, p_actor uuid, p_request text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  select public.record_deed(p_action, p_row, coalesce(p_actor, nullif(current_setting('app.current_user_id', true), '')::uuid), null)
$$;
