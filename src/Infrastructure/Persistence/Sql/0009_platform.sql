-- People of the platform. Their sessions and their log belong to no tenant; what they do to a tenant stands in that
-- tenant's own log.
create table operator_sessions (
  id uuid primary key,
  operator_id uuid not null references platform_operators (id),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason varchar(60),
  client_address varchar(60) not null
);
create index ix_operator_sessions_operator_id on operator_sessions (operator_id);

create table operator_refresh_tokens (
  hash bytea primary key,
  session_id uuid not null references operator_sessions (id) on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index ix_operator_refresh_tokens_session_id on operator_refresh_tokens (session_id);

-- Append-only: platform_role adds and reads.
create table platform_audit_logs (
  id uuid primary key,
  created_at timestamptz not null,
  action varchar(80) not null,
  actor_kind varchar(20) not null,
  operator_id uuid,
  row_id uuid,
  details jsonb,
  address varchar(60),
  request_id varchar(80),
  trace_id varchar(32),
  constraint ck_platform_audit_logs_actor_kind check (actor_kind in ('operator', 'public', 'system'))
);

alter table operator_sessions owner to cleantenancy_owner;
alter table operator_refresh_tokens owner to cleantenancy_owner;
alter table platform_audit_logs owner to cleantenancy_owner;
grant select, insert, update on operator_sessions, operator_refresh_tokens to platform_role;
grant select, insert on platform_audit_logs to platform_role;

-- Sweeps ask for each tenant's plan and state. A policy of its own, never an OR in the tenants' policy.
grant select on organizations to platform_role;
create policy platform_read_policy on organizations for select to platform_role using (true);

-- How long a tenant's log is kept, in days.
update plans set audit_retention_days =
  case tier when 'free' then 30 when 'starter' then 90 when 'pro' then 365 else 730 end;
alter table plans add constraint ck_plans_audit_retention_days check (audit_retention_days between 30 and 730);
