-- The dispatcher looks at, claims and finishes every tenant's messages. Who queues one does it in a transaction that is
-- bound to its tenant, and for no other.
drop policy platform_outbox_policy on outbox;
create policy platform_read_policy on outbox for select to platform_role using (true);
create policy platform_dispatch_policy on outbox for update to platform_role using (true) with check (true);
create policy platform_queue_policy on outbox for insert to platform_role
  with check (org_id = nullif(current_setting('app.current_org_id', true), '')::uuid);

-- What operators did to one tenant: by its id, or by what they began in it. Also what a purge takes reasons out of.
create index ix_platform_audit_logs_row_id on platform_audit_logs (row_id, id) where row_id is not null;
create index ix_platform_audit_logs_org on platform_audit_logs ((details ->> 'org'), id) where details ->> 'org' is not null;
