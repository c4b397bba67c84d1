using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Common;

internal static class Books
{
    /// <summary>Asserts that every counter of the tenant says what its rows say.</summary>
    public static async Task ShouldBalanceAsync(this TestTenant tenant)
    {
        var books = await tenant.Api.QueryAsync<string[]>(
            """
            with held as (select * from registrations where org_id = $1 and status in ('held', 'active'))
            select array[
              concat_ws(' ', 'events', (select used from usage_counters where org_id = $1 and resource = 'events'),
                'participants', (select used from usage_counters where org_id = $1 and resource = 'participants'),
                'members', (select used from usage_counters where org_id = $1 and resource = 'members'),
                'storage', (select used from usage_counters where org_id = $1 and resource = 'storage'),
                'registered', (select coalesce(string_agg(registered::text, ',' order by id), '') from events where org_id = $1)),
              concat_ws(' ', 'events', (select count(*) from events where org_id = $1 and status in ('draft', 'live')),
                'participants', (select count(*) from held h join events e on e.org_id = h.org_id and e.id = h.event_id and e.status <> 'archived'),
                'members', (select count(*) from users where org_id = $1 and status <> 'removed')
                  + (select count(*) from invitations where org_id = $1 and accepted_at is null and revoked_at is null),
                'storage', (select coalesce(sum(size), 0) from files where org_id = $1)
                  + (select coalesce(sum(reserved), 0) from uploads where org_id = $1),
                'registered', (select coalesce(string_agg((select count(*) from held h where h.event_id = e.id)::text, ',' order by id), '')
                               from events e where org_id = $1))]
            """,
            tenant.Id.Value);
        books[0].ShouldBe(books[1], "counters, then rows");
    }
}
