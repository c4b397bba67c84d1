-- The fence: what binds a transaction to a tenant, and what every tenant table goes through.

-- Inlined by the planner: no cost over bare set_config. A Citus cluster gets another body (set_config does not reach
-- its shards). Transaction-local: nothing is left on a pooled connection.
create function set_tenant_context(p_org uuid, p_user uuid, p_ip text) returns text
language sql volatile security invoker
as $$
  select set_config('app.current_org_id', p_org::text, true)
      || set_config('app.current_user_id', coalesce(p_user::text, ''), true)
      || set_config('app.client_ip', coalesce(p_ip, ''), true)
$$;
grant execute on function set_tenant_context(uuid, uuid, text) to application_role;

-- Exactly one permissive policy, in the form that is sargable, portable and fails closed: after a transaction-local
-- use the setting is the empty string, not NULL, hence the nullif.
create function fence_tenant_table(p_table regclass, p_grants text, p_key name default 'org_id') returns void
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
end
$$;
