-- Tables without a tenant. Routing tables hold names that are unique for all and no secrets; tenants' tables point at
-- them, never the other way. The API may not read them: it asks one narrow function.
create table tenant_slugs (
  slug varchar(40) primary key,
  org_id uuid not null,
  created_at timestamptz not null default now(),
  -- A tenant's row points at its own slug and at nobody else's.
  constraint ak_tenant_slugs_slug_org_id unique (slug, org_id),
  constraint ck_tenant_slugs_slug check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) >= 3)
);
create index ix_tenant_slugs_org_id on tenant_slugs (org_id);

create table tenant_hosts (
  host varchar(253) primary key,
  org_id uuid not null,
  -- Unverified hosts are not answered.
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  constraint ck_tenant_hosts_host check (host = lower(host))
);
create index ix_tenant_hosts_org_id on tenant_hosts (org_id);

-- Reads both names, returns one id or none: nothing to list, nothing to guess from.
create function resolve_tenant(p_slug text, p_host text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select org_id from public.tenant_slugs where slug = p_slug
  union all
  select org_id from public.tenant_hosts where host = p_host and verified_at is not null
  limit 1
$$;
grant execute on function resolve_tenant(text, text) to application_role;

create table platform_operators (
  id uuid primary key,
  email varchar(254) not null,
  normalized_email varchar(254) not null unique,
  name varchar(200) not null,
  password_hash varchar(200) not null,
  created_at timestamptz not null
);
grant select on platform_operators to platform_role;

-- ES256 keys that sign access tokens, as PKCS #8. Read by the platform role only; given by configuration instead
-- where a vault keeps them.
create table signing_keys (
  kid varchar(40) primary key,
  private_key bytea not null,
  created_at timestamptz not null
);
grant select, insert on signing_keys to platform_role;

grant select on plans, plan_prices to application_role, platform_role;

alter table tenant_slugs owner to cleantenancy_owner;
alter table tenant_hosts owner to cleantenancy_owner;
alter table platform_operators owner to cleantenancy_owner;
alter table signing_keys owner to cleantenancy_owner;
alter table plans owner to cleantenancy_owner;
alter table plan_prices owner to cleantenancy_owner;
alter function resolve_tenant(text, text) owner to cleantenancy_owner;

-- Asked by the readiness check: has every migration of this program run?
grant select on "__EFMigrationsHistory" to application_role;

-- The limit of one resource in a plan; null is unlimited. An unknown resource is an error, never unlimited.
create function plan_limit(p_plan plans, p_resource text) returns bigint
language plpgsql immutable security invoker
as $$
begin
  case p_resource
    when 'events' then return p_plan.max_events;
    when 'participants' then return p_plan.max_participants;
    when 'members' then return p_plan.max_members;
    when 'storage' then return p_plan.max_storage_bytes;
    else raise exception 'no such resource: %', p_resource;
  end case;
end
$$;
grant execute on function plan_limit(plans, text) to application_role;
