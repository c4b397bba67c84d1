-- People and access: invitations, keys, one-time secrets, the outbox.
select fence_tenant_table('invitations', 'select, insert, update');
select fence_tenant_table('api_keys', 'select, insert, update');
select fence_tenant_table('one_time_tokens', 'select, insert, update, delete');
select fence_tenant_table('recovery_codes', 'select, insert, update, delete');
select audit_tenant_table('invitations', 'email,normalized_email,token_hash', 'created_at,updated_at,version');
select audit_tenant_table('api_keys', 'secret_hash', 'created_at,last_used_at,version');

-- Their columns have changed: the triggers are made anew.
drop trigger audit_rows on users;
select audit_tenant_table(
  'users', 'email,name,normalized_email,password_hash,totp_secret',
  'created_at,last_sign_in_at,totp_last_step,updated_at,version');
drop trigger audit_rows on sessions;
select audit_tenant_table('sessions', 'client_address,user_agent', 'created_at,last_used_at');

-- What happens outside after the commit. In the order of the ids within a tenant; claimed with a lease by the database's
-- clock and finished with its fence, so that a slow dispatcher cannot finish what another has taken over.
create table outbox (
  org_id uuid not null references organizations (id),
  id uuid not null,
  kind varchar(60) not null,
  payload text not null,
  created_at timestamptz not null,
  available_at timestamptz not null,
  attempts int not null default 0,
  claimed_until timestamptz,
  fence bigint not null default 0,
  done_at timestamptz,
  dead_at timestamptz,
  last_error varchar(500),
  primary key (org_id, id)
);
select fence_tenant_table('outbox', 'select, insert');
create index ix_outbox_due on outbox (org_id, available_at) where done_at is null and dead_at is null;
grant select, update on outbox to platform_role;
create policy platform_outbox_policy on outbox for all to platform_role using (true) with check (true);

-- Operators prove themselves with an app, too; their keys and ours are changed while the old ones still hold.
alter table platform_operators
  add column totp_secret bytea, add column totp_confirmed_at timestamptz, add column totp_last_step bigint;
grant update on platform_operators to platform_role;
-- Published before it signs, and verified until it is retired.
alter table signing_keys add column signs_from timestamptz not null default now(), add column retired_at timestamptz;
grant update on signing_keys to platform_role;
