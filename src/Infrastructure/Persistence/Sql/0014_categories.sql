-- What tenants sort their events by.
select fence_tenant_table('event_categories', 'select, insert, update, delete');
select audit_tenant_table('event_categories', '', 'created_at,updated_at,version');
