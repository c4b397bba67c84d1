-- Tenant tables that no entity stands for, and the fence around every tenant table.
alter table organizations
  add constraint fk_organizations_tenant_slugs_slug foreign key (slug, id) references tenant_slugs (slug, org_id);

create table usage_counters (
  org_id uuid not null references organizations (id),
  resource varchar(40) not null,
  used bigint not null default 0,
  primary key (org_id, resource),
  constraint ck_usage_counters_resource check (resource in ('events', 'participants', 'members', 'storage')),
  constraint ck_usage_counters_used check (used >= 0)
);

create table idempotency_keys (
  org_id uuid not null references organizations (id),
  -- The person; the zero UUID for the public.
  caller_id uuid not null,
  key varchar(255) not null,
  request_hash bytea not null,
  answer text not null,
  created_at timestamptz not null,
  primary key (org_id, caller_id, key)
);

-- Two rows of two tenants that do not exist: who is bound to the first must see the first and nothing else.
create table fence_probes (
  org_id uuid not null,
  id uuid not null,
  primary key (org_id, id)
);
insert into fence_probes values
  ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-0000000000a1'),
  ('00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-0000000000b1');

select fence_tenant_table('organizations', 'select', 'id');
select fence_tenant_table('users', 'select, insert, update');
select fence_tenant_table('roles', 'select, insert, update, delete');
select fence_tenant_table('user_roles', 'select, insert, delete');
select fence_tenant_table('sessions', 'select, insert, update');
select fence_tenant_table('refresh_tokens', 'select, insert, update, delete');
select fence_tenant_table('events', 'select, insert, update');
select fence_tenant_table('programs', 'select, insert, update, delete');
select fence_tenant_table('registrations', 'select, insert, update');
select fence_tenant_table('usage_counters', 'select, update');
select fence_tenant_table('idempotency_keys', 'select, insert, update, delete');
select fence_tenant_table('fence_probes', 'select');
