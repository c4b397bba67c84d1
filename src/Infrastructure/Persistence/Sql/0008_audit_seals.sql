-- Tamper evidence. A sweep seals what has been committed since, in batches: each seal holds the digest of each of its
-- rows and the hash of the seal before it. Writers never wait for it, for it reads and never touches the log. Who changes
-- a row, or takes one out, breaks its seal; who changes a seal too, breaks the next; who rewrites the whole chain is
-- caught by a head that was kept elsewhere.
create table audit_seals (
  org_id uuid not null,
  seq bigint not null,
  sealed_at timestamptz not null,
  -- The first and the last instant of its rows.
  from_at timestamptz not null,
  through_at timestamptz not null,
  row_count int not null,
  -- Null once retention has taken the rows: content still proves what they were.
  row_ids uuid[],
  digests bytea[],
  -- SHA-256 over ids and digests.
  content bytea not null,
  -- The head of the seal before; 32 zero bytes for the first.
  previous bytea not null,
  -- SHA-256 over previous, seq, content, the two instants and the count.
  head bytea not null,
  primary key (org_id, seq),
  constraint ck_audit_seals_seq check (seq > 0),
  constraint ck_audit_seals_row_count check (row_count > 0),
  constraint ck_audit_seals_rows check ((row_ids is null) = (digests is null))
);
select fence_tenant_table('audit_seals', 'select');
alter table audit_seals owner to audit_role;

create policy audit_seal_policy on audit_seals for all to audit_role using (org_id is not null) with check (org_id is not null);
create policy audit_read_policy on audit_logs for select to audit_role using (org_id is not null);
create policy audit_retention_policy on audit_logs for delete to audit_role using (org_id is not null);

-- Every column by name: one that is added later is not in it, so that old seals stay true. Without settings, so that it
-- is inlined.
create function audit_digest(l audit_logs) returns bytea
language sql stable
as $$
  select sha256(convert_to(jsonb_build_array(
    l.org_id, l.id, (extract(epoch from l.created_at) * 1000000)::bigint, l.action, l.table_name, l.row_id, l.changes,
    l.details, l.actor_kind, l.actor_id, l.on_behalf_of, l.address, l.request_id, l.trace_id)::text, 'UTF8'))
$$;
alter function audit_digest(audit_logs) owner to audit_role;
grant execute on function audit_digest(audit_logs) to application_role;

create function audit_content(p_ids uuid[], p_digests bytea[]) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select sha256(string_agg(uuid_send(id) || digest, ''::bytea order by n))
  from unnest(p_ids, p_digests) with ordinality as rows (id, digest, n)
$$;
alter function audit_content(uuid[], bytea[]) owner to audit_role;
grant execute on function audit_content(uuid[], bytea[]) to application_role;

create function audit_head(
  p_previous bytea, p_seq bigint, p_content bytea, p_from timestamptz, p_through timestamptz, p_count int) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select sha256(
    p_previous || int8send(p_seq) || p_content || int8send((extract(epoch from p_from) * 1000000)::bigint)
    || int8send((extract(epoch from p_through) * 1000000)::bigint) || int4send(p_count))
$$;
alter function audit_head(bytea, bigint, bytea, timestamptz, timestamptz, int) owner to audit_role;
grant execute on function audit_head(bytea, bigint, bytea, timestamptz, timestamptz, int) to application_role;

-- Which tenants have rows that are newer than their last seal. The sweep asks for the last hours; at its start, for all.
create function audit_unsealed_tenants(p_since timestamptz, p_limit int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select l.org_id
  from (select org_id, max(created_at) as newest from public.audit_logs
        where created_at > p_since group by org_id) l
  where newest > coalesce(
    (select max(s.through_at) from public.audit_seals s where s.org_id = l.org_id), '-infinity')
  limit p_limit
$$;
alter function audit_unsealed_tenants(timestamptz, int) owner to audit_role;
grant execute on function audit_unsealed_tenants(timestamptz, int) to platform_role;

-- Seals up to p_limit rows of one tenant, oldest first. Rows become visible in the order of their commits, not of
-- their instants: whatever is not older than an hour before the last seal and in no seal yet is taken, so that a row
-- whose transaction was slow is not lost. A row that turns up later than that was not written by this program.
create function seal_audit_log(p_org uuid, p_limit int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  last public.audit_seals;
  late timestamptz;
  ids uuid[];
  digests bytea[];
  first_at timestamptz;
  last_at timestamptz;
  content bytea;
begin
  -- Another instance is at it. The key (org_id, seq) is what makes sure.
  if not pg_try_advisory_xact_lock(hashtextextended('seal_audit_log ' || p_org, 0)) then return 0; end if;

  select * into last from public.audit_seals where org_id = p_org order by seq desc limit 1;
  select max(through_at) - interval '1 hour' into late from public.audit_seals where org_id = p_org;
  select array_agg(id order by id), array_agg(digest order by id), min(created_at), max(created_at)
    into ids, digests, first_at, last_at
    from (
      select l.id, l.created_at, public.audit_digest(l) as digest
      from public.audit_logs l
      left join (
        select unnest(s.row_ids) as id from public.audit_seals s where s.org_id = p_org and s.through_at > late) sealed
        on sealed.id = l.id
      where l.org_id = p_org and l.created_at > coalesce(late, '-infinity') and sealed.id is null
      order by l.id
      limit p_limit) due;
  if ids is null then return 0; end if;

  content := public.audit_content(ids, digests);
  insert into public.audit_seals
    (org_id, seq, sealed_at, from_at, through_at, row_count, row_ids, digests, content, previous, head)
  values
    (p_org, coalesce(last.seq, 0) + 1, clock_timestamp(), first_at, last_at, cardinality(ids), ids, digests, content,
     coalesce(last.head, decode(repeat('00', 32), 'hex')),
     public.audit_head(
       coalesce(last.head, decode(repeat('00', 32), 'hex')), coalesce(last.seq, 0) + 1, content, first_at, last_at,
       cardinality(ids)));
  return cardinality(ids);
end
$$;
alter function seal_audit_log(uuid, int) owner to audit_role;
grant execute on function seal_audit_log(uuid, int) to platform_role;

-- What is wrong with up to p_seals seals after p_after, in the order of the chain; empty is whole. Invoker: who asks
-- sees their own tenant and nothing else, and names it, as every statement does.
create function verify_audit_log(p_org uuid, p_after bigint, p_seals int)
returns table (seal bigint, problem text, row_id uuid)
language sql stable security invoker
as $$
  with chain as (
    select s.*, lag(s.head) over (order by s.seq) as before, lag(s.seq) over (order by s.seq) as seq_before
    from audit_seals s
    where s.org_id = p_org and s.seq >= p_after and s.seq <= p_after + p_seals),
  due as (select * from chain where seq > p_after),
  listed as (
    select d.seq, r.id, r.digest, d.from_at, d.through_at
    from due d cross join unnest(d.row_ids, d.digests) as r (id, digest))
  select d.seq, 'seal_missing', null::uuid from due d where coalesce(d.seq_before, 0) <> d.seq - 1
  union all
  select d.seq, 'seal_changed', null from due d
  where d.head <> audit_head(d.previous, d.seq, d.content, d.from_at, d.through_at, d.row_count)
     or d.previous <> coalesce(d.before, decode(repeat('00', 32), 'hex'))
     or (d.row_ids is not null and (d.content is distinct from audit_content(d.row_ids, d.digests)
         or cardinality(d.row_ids) <> d.row_count))
  union all
  -- Retention empties seals, and never young ones.
  select d.seq, 'seal_emptied', null from due d
  where d.row_ids is null and d.through_at > now() - interval '29 days'
  union all
  select r.seq, case when l.id is null then 'row_missing' else 'row_changed' end, r.id
  from listed r
  left join (
    select l.* from audit_logs l
    where l.org_id = p_org
      and l.created_at between (select min(from_at) from due) and (select max(through_at) from due)) l
    on l.id = r.id
  where l.id is null or audit_digest(l) <> r.digest
  order by 1, 2, 3
$$;
grant execute on function verify_audit_log(uuid, bigint, int) to application_role;

-- Rows that no seal holds. Late ones are older than sealing would leave them: put there past the program.
create function unsealed_audit_rows(p_org uuid, p_limit int) returns table (row_id uuid, late boolean)
language sql stable security invoker
as $$
  select l.id, l.created_at <= h.through_at - interval '1 hour'
  from audit_logs l
  cross join (select max(s.through_at) as through_at from audit_seals s where s.org_id = p_org) h
  left join (select unnest(s.row_ids) as id from audit_seals s where s.org_id = p_org) sealed on sealed.id = l.id
  where l.org_id = p_org and sealed.id is null
  order by 2 desc nulls last, 1
  limit p_limit
$$;
grant execute on function unsealed_audit_rows(uuid, int) to application_role;

-- Retention: whole seals, oldest first, rows before p_before. Never what is younger than a month, whoever asks.
create function expire_audit_log(p_org uuid, p_before timestamptz, p_seals int) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  old public.audit_seals;
  taken bigint := 0;
  n bigint;
begin
  if p_before > now() - interval '29 days' then raise exception 'too young to be deleted: %', p_before; end if;

  for old in
    select * from public.audit_seals
    where org_id = p_org and row_ids is not null and through_at < p_before
    order by seq limit p_seals for update skip locked
  loop
    delete from public.audit_logs l
      where l.org_id = p_org and l.created_at between old.from_at and old.through_at and l.id = any (old.row_ids);
    get diagnostics n = row_count;
    taken := taken + n;
    update public.audit_seals set row_ids = null, digests = null where org_id = p_org and seq = old.seq;
  end loop;
  -- Who deletes from a log says so in it.
  if taken > 0 then
    insert into public.audit_logs (org_id, id, created_at, action, actor_kind, details)
    select p_org, public.audit_log_id(at), at, 'audit_log.expired', 'system',
           jsonb_build_object('rows', taken, 'before', p_before)
    from (select clock_timestamp() as at) t;
  end if;
  return taken;
end
$$;
alter function expire_audit_log(uuid, timestamptz, int) owner to audit_role;
grant execute on function expire_audit_log(uuid, timestamptz, int) to platform_role;

-- Partitions a year ahead; those that retention has emptied, and whose month is over for longer than any plan keeps
-- rows, go.
create function keep_audit_partitions() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  part record;
  changed int := 0;
begin
  set local lock_timeout = '2s';
  changed := public.ensure_audit_partitions(now()::date, 13);
  for part in
    select c.relname, to_timestamp(right(c.relname, 7), 'YYYY_MM') as month
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.audit_logs'::regclass
      and c.relname < 'audit_logs_' || to_char(now() - interval '26 months', 'YYYY_MM')
  loop
    -- Through the parent: a partition by itself shows nobody a row, and would always look empty.
    continue when exists (
      select from public.audit_logs where created_at >= part.month and created_at < part.month + interval '1 month');
    execute format('drop table public.%I', part.relname);
    changed := changed + 1;
  end loop;
  return changed;
end
$$;
alter function keep_audit_partitions() owner to audit_role;
grant execute on function keep_audit_partitions() to platform_role;
alter function ensure_audit_partitions(date, int) owner to audit_role;
