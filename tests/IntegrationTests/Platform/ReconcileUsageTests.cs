using System.Text.Json.Nodes;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>On a database of this class: the sweep goes through all tenants, and others are busy in the shared one.</summary>
public sealed class ReconcileUsageTests(TestHost host) : IAsyncLifetime
{
    private TestApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Where_nothing_has_drifted_nothing_is_reported()
    {
        foreach (var tenant in new[] { await _api.NewTenantAsync(), await _api.NewTenantAsync() })
        {
            var organizer = await tenant.OrganizerAsync();
            await organizer.RegisterAsync(await organizer.LiveEventAsync(), people: 3);
            await organizer.EventInAsync("archived");
            await organizer.EventInAsync("cancelled");
            await organizer.EventInAsync("deleted");
        }

        (await _api.SweepAsync(new ReconcileUsage())).Count.ShouldBe(0);

        (await DriftsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_counter_that_is_wrong_is_reported_and_left_as_it_is()
    {
        var (whole, broken) = (await _api.NewTenantAsync(), await _api.NewTenantAsync());
        var organizer = await broken.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        await organizer.RegisterAsync(live, people: 2);
        await _api.ExecuteAsync("update usage_counters set used = used + 7 where org_id = $1", broken.Id.Value);
        await _api.ExecuteAsync("update events set registered = 1 where org_id = $1 and id = $2", broken.Id.Value, live);

        (await _api.SweepAsync(new ReconcileUsage())).Count.ShouldBe(5);

        (await DriftsAsync()).ShouldBe(
        [
            $"{broken.Id} event.registered {live} 1 2", $"{broken.Id} events  8 1", $"{broken.Id} members  12 5",
            $"{broken.Id} participants  9 2", $"{broken.Id} storage  7 0",
        ]);
        (await broken.UsedAsync(Domain.Plans.Quota.Events)).ShouldBe(8);
        await whole.ShouldBalanceAsync();
    }

    /// <summary>Counters and rows change together: a snapshot in the middle of it all shows them equal.</summary>
    [Fact]
    public async Task Work_under_way_is_no_drift()
    {
        var tenant = await _api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        var work = Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
        {
            for (var turn = 0; turn < 20; turn++)
            {
                var id = (await organizer.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee($"Guest {n}"))).Id;
                await organizer.PostAsync($"/v1/registrations/{id}/cancel");
            }
        }));

        var (found, sweeps) = (0L, 0);
        for (; !work.IsCompleted; sweeps++) found += (await _api.SweepAsync(new ReconcileUsage())).Count;

        await work;
        sweeps.ShouldBeGreaterThan(5, "the work was over before anybody looked");
        found.ShouldBe(0);
    }

    private async Task<string[]> DriftsAsync() =>
        [.. (await _api.QueryAsync<string[]>(
            """
            select coalesce(array_agg(details::text order by created_at), '{}') from platform_audit_logs
            where action = 'usage.drifted' and actor_kind = 'system'
            """)).Select(text => JsonNode.Parse(text)!)
            .Select(line => $"{line["orgId"]} {line["counter"]} {line["row"]} {line["counted"]} {line["real"]}").Order(StringComparer.Ordinal)];
}
