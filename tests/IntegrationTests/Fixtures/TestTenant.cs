using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>One tenant of one test, with its five people.</summary>
public sealed class TestTenant(TestApi api, TenantId id, string slug, IReadOnlyList<User> users)
{
    public TestApi Api => api;

    public TenantId Id => id;

    public string Slug => slug;

    public string Host => $"{slug}.localhost";

    /// <summary>The part of the address before the @, for a built-in role.</summary>
    public static string Person(string role) => role == BuiltInRoles.SuperAdmin ? "owner" : role;

    public string Email(string role) => $"{Person(role)}@{slug}.test";

    public User User(string role) => users.Single(user => user.Name == Person(role));

    /// <summary>A client of this tenant's host, signed in by nobody.</summary>
    public ApiClient Anonymous => api.Client(Host);

    /// <summary>A client of this tenant's host, signed in in a role.</summary>
    public async Task<ApiClient> AsAsync(string role) => api.Client(Host, await api.TokenAsync(User(role)));

    public Task<ApiClient> OwnerAsync() => AsAsync(BuiltInRoles.SuperAdmin);

    public Task<ApiClient> OrganizerAsync() => AsAsync(BuiltInRoles.Organizer);

    /// <summary>Mails of this tenant to an address, after what its outbox holds has been sent.</summary>
    public async Task<IReadOnlyList<ReceivedMail>> MailsAsync(string email)
    {
        await api.SweepAsync(new DispatchOutbox { OrgId = id });
        return SmtpSink.Shared.To(email);
    }

    /// <summary>Rows of this tenant in a table, from underneath the fence.</summary>
    public Task<long> RowsAsync(string table) => api.QueryAsync<long>($"select count(*) from {table} where org_id = $1", id.Value);

    public Task<long> UsedAsync(Quota quota) => api.QueryAsync<long>(
        "select used from usage_counters where org_id = $1 and resource = $2", id.Value, Wire.Text(quota));

    /// <summary>Deeds of this tenant, oldest first; neither denied attempts nor changed rows.</summary>
    public Task<string[]> DeedsAsync() => api.QueryAsync<string[]>(
        """
        select coalesce(array_agg(action::text order by id), '{}') from audit_logs
        where org_id = $1 and table_name is null and action not in ('access.denied', 'session.refused')
        """,
        id.Value);

    /// <summary>Denied attempts of this tenant, oldest first: deed, request, code.</summary>
    public Task<string[]> DenialsAsync() => api.QueryAsync<string[]>(
        """
        select coalesce(array_agg(concat_ws(' ', action, details ->> 'request', details ->> 'code') order by id), '{}')
        from audit_logs where org_id = $1 and action in ('access.denied', 'session.refused')
        """,
        id.Value);

    /// <summary>All that a failed command could leave, but for the line that it was denied: to be compared before and after.</summary>
    public Task<string> TraceAsync() => api.QueryAsync<string>(
        """
        select concat_ws('/',
          (select count(*) from events where org_id = $1), (select count(*) from programs where org_id = $1),
          (select count(*) from registrations where org_id = $1),
          (select count(*) from files where org_id = $1), (select count(*) from uploads where org_id = $1),
          (select count(*) from audit_logs where org_id = $1 and action not in ('access.denied', 'session.refused')),
          (select coalesce(sum(version), 0) from users where org_id = $1), (select count(*) from user_roles where org_id = $1),
          (select coalesce(sum(version), 0) from roles where org_id = $1),
          (select coalesce(sum(version), 0) from event_categories where org_id = $1),
          (select coalesce(sum(version), 0) from event_templates where org_id = $1),
          (select coalesce(sum(version), 0) from email_templates where org_id = $1), (select count(*) from outbox where org_id = $1),
          (select coalesce(sum(version), 0) from invitations where org_id = $1),
          (select count(*) from sessions where org_id = $1 and revoked_at is not null),
          (select count(*) from idempotency_keys where org_id = $1), (select count(*) from sessions where org_id = $1),
          (select count(*) from api_keys where org_id = $1), (select count(*) from outbox where org_id = $1),
          (select coalesce(sum(version), 0) from events where org_id = $1), (select coalesce(sum(registered), 0) from events where org_id = $1),
          (select string_agg(resource || used, ',' order by resource) from usage_counters where org_id = $1))
        """,
        id.Value);
}
