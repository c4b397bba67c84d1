-- The tenant's log. Owned by a role nobody logs in as; the API reads its own tenant's rows and appends through one
-- function. Partitioned by month: retention drops a month at a time, and nobody is granted anything on a partition.
create table audit_logs (
  org_id uuid not null,
  id uuid not null,
  created_at timestamptz not null,
  -- The deed in the past tense, or insert, update, delete for a row change.
  action varchar(80) not null,
  table_name varchar(63),
  row_id uuid,
  changes jsonb,
  actor_kind varchar(20) not null,
  actor_id uuid,
  on_behalf_of uuid,
  address varchar(60),
  request_id varchar(80),
  primary key (org_id, id, created_at),
  constraint ck_audit_logs_actor_kind check (actor_kind in ('user', 'public', 'api_key', 'operator', 'system'))
) partition by range (created_at);

select fence_tenant_table('audit_logs', 'select');
alter table audit_logs owner to audit_role;
create policy audit_append_policy on audit_logs for insert to audit_role
  with check (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid);

-- Makes the partitions of a range of months, those that are missing. RLS on each, so that none is readable by itself.
create function ensure_audit_partitions(p_from date, p_months int) returns int
language plpgsql security invoker
as $$
declare
  first date := date_trunc('month', p_from)::date;
  part text;
  made int := 0;
begin
  for n in 0 .. p_months - 1 loop
    part := 'audit_logs_' || to_char(first + make_interval(months => n), 'YYYY_MM');
    continue when to_regclass('public.' || part) is not null;
    execute format(
      'create table public.%I partition of public.audit_logs for values from (%L) to (%L)',
      part, first + make_interval(months => n), first + make_interval(months => n + 1));
    execute format('alter table public.%I owner to audit_role', part);
    execute format('alter table public.%I enable row level security', part);
    execute format('alter table public.%I force row level security', part);
    made := made + 1;
  end loop;
  return made;
end
$$;
select ensure_audit_partitions((now() - interval '1 month')::date, 26);

-- A deed of the pipeline, in the transaction of the deed. Tenant and address are those the transaction is bound to.
create function record_deed(
  p_id uuid, p_at timestamptz, p_action text, p_row uuid, p_actor uuid, p_request text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  insert into public.audit_logs (org_id, id, created_at, action, row_id, actor_kind, actor_id, address, request_id)
  select nullif(current_setting('app.current_org_id', true), '')::uuid, p_id, p_at, p_action, p_row,
         case when actor is null then 'public' else 'user' end, actor,
         nullif(current_setting('app.client_ip', true), ''), p_request
  from (select coalesce(p_actor, nullif(current_setting('app.current_user_id', true), '')::uuid) as actor) who
$$;
alter function record_deed(uuid, timestamptz, text, uuid, uuid, text) owner to audit_role;
grant execute on function record_deed(uuid, timestamptz, text, uuid, uuid, text) to application_role;
