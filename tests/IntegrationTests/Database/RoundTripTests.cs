using System.Net;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>What a request costs on the wire, once its tenant and session are cached and its statements prepared.</summary>
public sealed class RoundTripTests(TestHost host)
{
    private const int Requests = 10;

    [Fact]
    public async Task A_read_is_one_round_trip()
    {
        var app = host.Postgres.ConnectionString(host.Api.Database, "application_role");
        await using var tap = new WireTap(app);
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Settings["ConnectionStrings:App"] = tap.Through(app));
        var owner = await (await api.NewTenantAsync()).OwnerAsync();
        var eventId = await owner.LiveEventAsync(capacity: 10);
        var registrationId = (await owner.PostAsync($"/v1/events/{eventId}/registrations", Sample.Attendee()))
            .ShouldBe(HttpStatusCode.Created).Id;

        foreach (var path in new[] { $"/v1/events/{eventId}", "/v1/events", $"/v1/registrations/{registrationId}" })
        {
            for (var n = 0; n < 5; n++) (await owner.GetAsync(path)).ShouldBe(HttpStatusCode.OK);
            var trips = await FewestAsync(tap, async () => (await owner.GetAsync(path)).ShouldBe(HttpStatusCode.OK));
            trips.ShouldBe(1, path);
        }
    }

    /// <summary>
    /// begin and binding, quota, the event and its slug, the deed, commit: a bound, so that a new one is noticed.
    /// </summary>
    [Fact]
    public async Task Creating_an_event_is_at_most_five_round_trips()
    {
        var app = host.Postgres.ConnectionString(host.Api.Database, "application_role");
        await using var tap = new WireTap(app);
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Settings["ConnectionStrings:App"] = tap.Through(app));
        var owner = await (await api.NewTenantAsync()).OwnerAsync();
        for (var n = 0; n < 5; n++) await owner.DraftEventAsync();

        var trips = await FewestAsync(tap, () => owner.DraftEventAsync());

        trips.ShouldBeLessThanOrEqualTo(5);
    }

    /// <summary>Of several, for a cache that ends its time meanwhile is filled again, and that is not the request's.</summary>
    private static async Task<long> FewestAsync(WireTap tap, Func<Task> request)
    {
        var fewest = long.MaxValue;
        for (var n = 0; n < Requests; n++) fewest = Math.Min(fewest, await tap.CountAsync(request));
        return fewest;
    }
}
