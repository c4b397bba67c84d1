using CleanTenancy.Application.Common.Ports;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Plans;

internal static class PlanSteps
{
    /// <summary>What the API has cached of the tenant goes, for a test has changed it underneath.</summary>
    public static void Forget(this TestApi api, TestTenant tenant) =>
        api.Services.GetRequiredService<ITenantDirectory>().Forget(tenant.Id);

    /// <summary>Registers many people at once, underneath the API, with the counters that belong to them.</summary>
    public static Task FillAsync(this TestTenant tenant, Guid eventId, int people) => tenant.Api.ExecuteAsync(
        """
        with made as (
          insert into registrations (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
          select $1, gen_random_uuid(), $2, 'Guest', 'guest@x.test', 'guest@x.test', 'active', 1, now(), now()
          from generate_series(1, $3) returning 1),
        counted as (
          update usage_counters set used = used + $3 where org_id = $1 and resource = 'participants' returning 1)
        update events set registered = registered + $3 where org_id = $1 and id = $2
        """,
        tenant.Id.Value, eventId, people);
}
