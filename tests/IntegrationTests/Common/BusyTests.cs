using System.Net;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>Who waits for a lock for too long is told to come again: it is nobody's mistake, and nothing was done.</summary>
public sealed class BusyTests(TestHost host)
{
    [Fact]
    public async Task A_lock_that_does_not_come_is_503_with_a_time_to_wait_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();
        await using (await RowLock.TakeAsync(host, "select 1 from usage_counters where org_id = $1 for update", tenant.Id.Value))
        {
            var answer = (await organizer.PostAsync("/v1/events", Sample.Event()))
                .ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");

            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            (await tenant.TraceAsync()).ShouldBe(before);
        }

        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
    }
}
