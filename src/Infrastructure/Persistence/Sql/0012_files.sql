-- Files are written once: nobody updates one. An upload's row is there while its bytes come, and after that only where
-- a process died: the sweep looks for those, of all tenants, and sees no more of them than an id and a number.
select fence_tenant_table('files', 'select, insert, delete');
select fence_tenant_table('uploads', 'select, insert, delete');
select audit_tenant_table('files', 'name', 'created_at,sha256');
grant select on uploads to platform_role;
create policy platform_read_policy on uploads for select to platform_role using (true);
