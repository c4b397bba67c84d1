-- The catalogue is changed by operators: as platform_role, whose deeds stand in the platform's log.
update plans set concurrent_requests = case tier when 'free' then 4 when 'starter' then 8 when 'pro' then 16 else 32 end;
alter table plans
  add constraint ck_plans_concurrent_requests check (concurrent_requests between 1 and 64),
  add constraint ck_plans_limits check (
    max_events >= 0 and max_participants >= 0 and max_storage_bytes >= 0 and max_members >= 1 and requests_per_minute >= 1);
grant update on plans to platform_role;
grant insert, update, delete on plan_prices to platform_role;

-- What one tenant has more, or less, than its plan. The tenant reads it, in the statement that reserves; an operator
-- writes it, bound to the tenant, so that it stands in the tenant's own log.
alter table tenant_overrides add constraint ck_tenant_overrides_kind check (
  (enabled is not null)
    = (entitlement in ('customDomain', 'emailTemplates', 'analytics', 'apiAccess', 'sla', 'dedicatedSupport'))
  and (enabled is null or amount is null) and coalesce(amount, 0) >= 0);
select fence_tenant_table('tenant_overrides', 'select');
select audit_tenant_table('tenant_overrides', '', 'created_at', 'org_id', 'org_id');
grant select, insert, update, delete on tenant_overrides to platform_role;
-- Bound like the tenants' own: an operator's deed reaches the one tenant that it is about.
create policy platform_overrides_policy on tenant_overrides for all to platform_role
  using (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid)
  with check (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid);
grant execute on function set_tenant_context(uuid, uuid, text, text, uuid, text, text) to platform_role;
grant execute on function record_deed(text, uuid, uuid, jsonb) to platform_role;

