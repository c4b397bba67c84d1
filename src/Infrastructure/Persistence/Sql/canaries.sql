-- Two synthetic tenants that nobody can reach (their state is purged), with a row in every tenant table. Their texts
-- carry a marker that is random in each database: whoever reads the marker of the other one has crossed the fence. Run
-- after every migration; what is there stays.
do $do$
declare
  org uuid;
  mark text;
  letter text;
  person uuid;
  part uuid;
  device uuid;
  meeting uuid;
begin
  foreach letter in array array['a', 'b'] loop
    org := '00000000-0000-7000-8000-0000000ca00' || letter;
    person := '00000000-0000-7000-8000-0000000ca' || letter || '01';
    part := '00000000-0000-7000-8000-0000000ca' || letter || '02';
    device := '00000000-0000-7000-8000-0000000ca' || letter || '03';
    meeting := '00000000-0000-7000-8000-0000000ca' || letter || '04';
    mark := 'canary-' || left(replace(gen_random_uuid()::text, '-', ''), 16);
    insert into tenant_slugs (slug, org_id) values ('canary-' || letter, org) on conflict do nothing;
    insert into organizations
      (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
      values (org, 'canary-' || letter, mark, 'enterprise', 'purged', now(), 'en', 'UTC', 'KRW', 1, now(), now())
      on conflict do nothing;
    select name into mark from organizations where id = org;
    insert into roles (org_id, id, name, permissions, built_in, version, created_at)
      values (org, part, mark, '{}', false, 1, now()) on conflict do nothing;
    insert into users
      (org_id, id, email, normalized_email, name, password_hash, status, version, created_at, updated_at)
      values (org, person, mark || '@canary.invalid', mark || '@canary.invalid', mark, mark, 'suspended', 1, now(), now())
      on conflict do nothing;
    insert into user_roles (org_id, user_id, role_id) values (org, person, part) on conflict do nothing;
    insert into sessions (org_id, id, user_id, created_at, expires_at, revoked_at, revoked_reason, client_address)
      values (org, device, person, now(), now(), now(), 'canary', mark) on conflict do nothing;
    insert into refresh_tokens (org_id, hash, session_id, issued_at, expires_at, used_at)
      values (org, convert_to(mark, 'UTF8'), device, now(), now(), now()) on conflict do nothing;
    insert into events
      (org_id, id, slug, status, title, starts_at, ends_at, time_zone, registered, attendance_mode, visibility,
       currency, version, created_at, updated_at)
      values (org, meeting, mark, 'draft', mark, now(), now() + interval '1 hour', 'UTC', 0, 'online', 'private', 'KRW', 1,
       now(), now()) on conflict do nothing;
    insert into programs
      (org_id, id, event_id, title, starts_at, ends_at, selectable, version, created_at, updated_at)
      values (org, person, meeting, mark, now(), now() + interval '1 hour', false, 1, now(), now())
      on conflict do nothing;
    insert into registrations
      (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
      values (org, person, meeting, mark, mark || '@canary.invalid', mark || '@canary.invalid', 'cancelled', 1, now(), now())
      on conflict do nothing;
    insert into usage_counters (org_id, resource) values (org, 'events') on conflict do nothing;
    insert into idempotency_keys (org_id, caller_id, key, request_hash, answer, created_at)
      values (org, person, mark, '\x00', mark, now()) on conflict do nothing;
    insert into fence_probes (org_id, id) values (org, person) on conflict do nothing;
    insert into invitations
      (org_id, id, email, normalized_email, role_ids, token_hash, invited_by, expires_at, revoked_at, version, created_at,
       updated_at)
      values (org, person, mark || '@canary.invalid', mark || '@canary.invalid', '{}', convert_to(mark, 'UTF8'), person,
       now(), now(), 1, now(), now()) on conflict do nothing;
    insert into api_keys
      (org_id, id, name, prefix, secret_hash, permissions, created_by, revoked_at, version, created_at)
      values (org, person, mark, 'canary', convert_to(mark, 'UTF8'), '{}', person, now(), 1, now()) on conflict do nothing;
    insert into one_time_tokens (org_id, hash, user_id, purpose, created_at, expires_at)
      values (org, convert_to(mark, 'UTF8'), person, 'password_reset', now(), now()) on conflict do nothing;
    insert into recovery_codes (org_id, user_id, hash) values (org, person, convert_to(mark, 'UTF8'))
      on conflict do nothing;
    insert into outbox (org_id, id, kind, payload, created_at, available_at, done_at)
      values (org, person, 'canary', mark, now(), now(), now()) on conflict do nothing;
    insert into event_categories (org_id, id, name, version, created_at, updated_at)
      values (org, person, mark, 1, now(), now()) on conflict do nothing;
    insert into sign_ups (org_id, slug, tier, admin_name, admin_email, expires_at, created_at)
      values (org, 'canary-' || letter, 'enterprise', mark, mark, now(), now()) on conflict do nothing;
    insert into provisioning_steps (org_id, task, status, attempts, reason)
      values (org, 'owner', 'done', 1, mark) on conflict do nothing;
    insert into lifecycle_notices (org_id, notice, deadline, created_at)
      values (org, mark, '2000-01-01', now()) on conflict do nothing;
    insert into event_templates
      (org_id, id, name, title, duration_minutes, attendance_mode, visibility, version, created_at, updated_at)
      values (org, person, mark, mark, 60, 'online', 'private', 1, now(), now()) on conflict do nothing;
    insert into email_templates (org_id, id, key, locale, subject, body, version, created_at, updated_at)
      values (org, person, 'canary', 'en', mark, mark, 1, now(), now()) on conflict do nothing;
    insert into operations
      (org_id, id, kind, status, done, arguments, error, started_by, attempts, fence, created_at, updated_at)
      values (org, person, 'export', 'failed', 0, '{}', mark, person, 1, 0, now(), now()) on conflict do nothing;
    insert into tenant_overrides (org_id, entitlement, amount, reason, created_at)
      values (org, 'events', 0, mark, now()) on conflict do nothing;
    insert into files (org_id, id, name, content_type, size, sha256, created_by, created_at)
      values (org, person, mark, 'text/plain', 0, convert_to(mark, 'UTF8'), person, now()) on conflict do nothing;
    insert into uploads (org_id, id, reserved, created_at) values (org, person, 0, now()) on conflict do nothing;
    if not exists (select from audit_seals where org_id = org) then perform seal_audit_log(org, 100); end if;
  end loop;
end
$do$;
