using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// A database of one test class, with two tenants that have rows in every tenant table, under the same names: tests
/// may break its schema inside transactions that they roll back.
/// </summary>
public sealed class OwnDatabase(TestHost host) : IAsyncLifetime
{
    public const int EventsOfA = 3, EventsOfB = 2;

    public static readonly Guid
        A = new("0197a000-0000-7000-8000-00000000aaaa"), B = new("0197a000-0000-7000-8000-00000000bbbb");

    public string Name { get; private set; } = "";

    /// <summary>As application_role, without a pool.</summary>
    public string App => host.Postgres.ConnectionString(Name, "application_role") + ";Pooling=false";

    /// <summary>As platform_role, without a pool.</summary>
    public string PlatformRole => host.Postgres.ConnectionString(Name, "platform_role") + ";Pooling=false";

    /// <summary>Underneath the fence, without a pool: what is bound on it stays there.</summary>
    public string Superuser => host.Postgres.Superuser(Name) + ";Pooling=false";

    public string PooledApp => host.Postgres.ConnectionString(Name, "application_role");

    public string Migrator => host.Postgres.ConnectionString(Name, "cleantenancy_migrator") + ";Pooling=false";

    public async ValueTask InitializeAsync()
    {
        Name = await host.Postgres.NewDatabaseAsync();
        await using var superuser = await SuperuserAsync();
        await SeedAsync(superuser, A, "tenant-a", EventsOfA);
        await SeedAsync(superuser, B, "tenant-b", EventsOfB);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Underneath the fence.</summary>
    public async Task<NpgsqlConnection> SuperuserAsync()
    {
        var connection = new NpgsqlConnection(host.Postgres.Superuser(Name) + ";Include Error Detail=true");
        await connection.OpenAsync();
        return connection;
    }

    public async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Connections as the API makes them: nothing is reset, statements prepare themselves.</summary>
    public NpgsqlDataSource AppSource(int pool = 1, string? host = null, int? port = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(App)
        {
            Pooling = true,
            MaxPoolSize = pool,
            NoResetOnClose = true,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        if (host is not null) builder.Host = host;
        if (port is not null) builder.Port = port.Value;
        return NpgsqlDataSource.Create(builder);
    }

    internal static AppDbContext Context(NpgsqlDataSource source, Guid? tenant)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseTenants(source);
        var db = new AppDbContext(options.Options);
        if (tenant is { } id) db.Bind(new TenantBinding(new TenantId(id)));
        return db;
    }

    /// <summary>One row of a tenant in every tenant table; several events.</summary>
    public static Task SeedAsync(NpgsqlConnection superuser, Guid org, string slug, int events) => superuser.ExecuteAsync(
        $$"""
        do $do$
        declare
          org constant uuid := '{{org}}';
          person constant uuid := gen_random_uuid();
          part constant uuid := gen_random_uuid();
          device constant uuid := gen_random_uuid();
          meeting uuid;
        begin
          insert into tenant_slugs (slug, org_id) values ('{{slug}}', org);
          insert into organizations
            (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
            values (org, '{{slug}}', '{{slug}}', 'pro', 'active', now(), 'ko', 'Asia/Seoul', 'KRW', 1, now(), now());
          insert into roles (org_id, id, name, permissions, built_in, version, created_at)
            values (org, part, 'owner', '{}', true, 1, now());
          insert into users
            (org_id, id, email, normalized_email, name, password_hash, status, version, created_at, updated_at)
            values (org, person, 'Kim@x.test', 'kim@x.test', 'Kim', 'x', 'active', 1, now(), now());
          insert into user_roles (org_id, user_id, role_id) values (org, person, part);
          insert into sessions (org_id, id, user_id, created_at, expires_at, client_address)
            values (org, device, person, now(), now() + interval '1 day', 'test');
          insert into refresh_tokens (org_id, hash, session_id, issued_at, expires_at)
            values (org, '\x01', device, now(), now() + interval '1 day');
          for n in 1 .. {{events}} loop
            meeting := gen_random_uuid();
            insert into events
              (org_id, id, slug, status, title, starts_at, ends_at, time_zone, registered, attendance_mode, visibility,
               currency, version, created_at, updated_at)
              values (org, meeting, 'event-' || n, 'live', '{{slug}} event ' || n, now(), now() + interval '1 hour',
               'Asia/Seoul', 0, 'in_person', 'public', 'KRW', 1, now(), now());
          end loop;
          insert into programs
            (org_id, id, event_id, title, starts_at, ends_at, selectable, version, created_at, updated_at)
            values (org, gen_random_uuid(), meeting, 'Keynote', now(), now() + interval '1 hour', false, 1, now(), now());
          insert into registrations
            (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
            values (org, gen_random_uuid(), meeting, 'Lee', 'lee@x.test', 'lee@x.test', 'active', 1, now(), now());
          insert into usage_counters (org_id, resource) values (org, 'events'), (org, 'members');
          insert into idempotency_keys (org_id, caller_id, key, request_hash, answer, created_at)
            values (org, person, 'key', '\x01', '{}', now());
          insert into fence_probes (org_id, id) values (org, gen_random_uuid());
          insert into audit_logs (org_id, id, created_at, action, actor_kind)
            values (org, gen_random_uuid(), now(), 'event.created', 'system');
          insert into invitations
            (org_id, id, email, normalized_email, role_ids, token_hash, invited_by, expires_at, version, created_at, updated_at)
            values (org, gen_random_uuid(), 'Park@x.test', 'park@x.test', array[part], '\x01', person, now() + interval '1 day',
             1, now(), now());
          insert into api_keys (org_id, id, name, prefix, secret_hash, permissions, created_by, version, created_at)
            values (org, gen_random_uuid(), 'Key', 'abcdefabcdef', '\x01', '{}', person, 1, now());
          insert into one_time_tokens (org_id, hash, user_id, purpose, created_at, expires_at)
            values (org, '\x01', person, 'password_reset', now(), now() + interval '1 day');
          insert into recovery_codes (org_id, user_id, hash) values (org, person, '\x01');
          insert into outbox (org_id, id, kind, payload, created_at, available_at)
            values (org, gen_random_uuid(), 'mail', '{}', now(), now());
          insert into event_categories (org_id, id, name, version, created_at, updated_at)
            values (org, gen_random_uuid(), 'Workshops', 1, now(), now());
          insert into sign_ups (org_id, slug, tier, admin_name, admin_email, expires_at, created_at)
            values (org, '{{slug}}', 'pro', 'Kim', 'kim@x.test', now(), now());
          insert into provisioning_steps (org_id, task, status, attempts) values (org, 'owner', 'done', 1);
          insert into lifecycle_notices (org_id, notice, deadline, created_at) values (org, 'trial_ending', now(), now());
          insert into event_templates
            (org_id, id, name, title, duration_minutes, attendance_mode, visibility, version, created_at, updated_at)
            values (org, gen_random_uuid(), 'Meetup', 'Meetup', 60, 'online', 'private', 1, now(), now());
          insert into email_templates (org_id, id, key, locale, subject, body, version, created_at, updated_at)
            values (org, gen_random_uuid(), 'invitation', 'en', 'Come', 'Do come', 1, now(), now());
          insert into operations
            (org_id, id, kind, status, done, arguments, started_by, attempts, fence, created_at, updated_at)
            values (org, gen_random_uuid(), 'export', 'succeeded', 0, '{}', person, 1, 1, now(), now());
          insert into tenant_overrides (org_id, entitlement, amount, reason, created_at)
            values (org, 'events', 500, 'Ticket 1', now());
          insert into files (org_id, id, name, content_type, size, sha256, created_by, created_at)
            values (org, gen_random_uuid(), 'Plan.pdf', 'application/pdf', 7, '\x01', person, now());
          insert into uploads (org_id, id, reserved, created_at) values (org, gen_random_uuid(), 7, now());
          perform seal_audit_log(org, 1000);
        end
        $do$
        """);
}
