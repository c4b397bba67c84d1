using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Tenancy;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Tenancy;

/// <summary>What is known of tenants is seconds old at most, and never grows without bound.</summary>
public sealed class TenantDirectoryTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    [Fact]
    public async Task A_slug_that_appears_later_is_found_within_five_seconds()
    {
        var now = TimeProvider.System.Now();
        var id = TenantId.New(now);
        var slug = "late" + id.Value.ToString("N")[^12..];
        var client = clocked.Api.Client($"{slug}.localhost");
        (await client.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");

        await clocked.Api.Seeder.CreateAsync(
            Organization.Start(id, slug, "Late", Tier.Free, now), [], "", fill: null, TestContext.Current.CancellationToken);

        // Still remembered as unknown: it was not asked for again.
        (await client.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
        clocked.Clock.Advance(TimeSpan.FromSeconds(5));
        (await client.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_change_nobody_told_of_is_seen_within_ten_seconds()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);

        await clocked.Api.ExecuteAsync("update organizations set state = 'purged' where id = $1", tenant.Id.Value);

        clocked.Clock.Advance(TimeSpan.FromSeconds(10));
        (await owner.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task Every_instance_hears_of_a_change_within_a_second()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var here = await tenant.OwnerAsync();
        var there = other.Client(tenant.Host, here.Token);
        foreach (var client in new[] { here, there }) (await client.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        await host.Api.Seeder.ChangeAsync(
            tenant.Id, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt), TestContext.Current.CancellationToken);

        foreach (var client in new[] { here, there })
            await Eventually.HoldsAsync(
                async () => (await client.GetAsync("/v1/events")).Code == "tenant_suspended", TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_trial_ends_by_the_clock_without_a_sweep()
    {
        var ends = clocked.Clock.GetUtcNow().AddHours(1);
        ends = ends.AddTicks(-(ends.Ticks % TimeSpan.TicksPerSecond));
        var tenant = await clocked.Api.NewTenantAsync(Tier.Pro, o => o.Try(ends, o.CreatedAt));

        clocked.Clock.Advance(ends - TimeSpan.FromSeconds(1) - clocked.Clock.GetUtcNow());
        var owner = await tenant.OwnerAsync();
        (await owner.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);
        clocked.Clock.Advance(TimeSpan.FromSeconds(1));

        var refused = (await owner.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
        (refused.Get<string>("reason"), refused.Get<DateTimeOffset>("since")).ShouldBe(("billing", ends));
        (await owner.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        (await clocked.Api.QueryAsync<string>("select state::text from organizations where id = $1", tenant.Id.Value)).ShouldBe("trial");
    }

    [Fact]
    public async Task A_tenant_in_provisioning_says_when_to_come_again()
    {
        var tenant = await host.NewTenantAsync();
        await host.Api.ExecuteAsync("update organizations set state = 'provisioning' where id = $1", tenant.Id.Value);

        var refused = (await tenant.Anonymous.PostAsync("/v1/auth/login", new { email = "a@b.test", password = "x" }))
            .ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "tenant_provisioning");
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Many_requests_for_one_host_find_the_same_tenant()
    {
        var tenant = await host.NewTenantAsync();
        var directory = host.Api.Services.GetRequiredService<ITenantDirectory>();

        var found = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => directory.FindAsync(new HostKey(tenant.Slug, IsSlug: true))));

        found.ShouldAllBe(one => one!.Id == tenant.Id);
        (await directory.FindAsync(new HostKey(tenant.Slug, IsSlug: false))).ShouldBeNull(); // a slug is no custom domain
        (await directory.FindAsync(new HostKey($"{tenant.Slug}.localhost", IsSlug: false))).ShouldBeNull();
    }

    [Fact]
    public void A_flood_of_names_does_not_grow_the_cache_beyond_its_capacity()
    {
        var clock = new FakeTimeProvider();
        var cache = new ExpiringCache<int, string>(capacity: 100, clock);

        foreach (var name in Enumerable.Range(0, 10_000))
        {
            cache.Set(name, "unknown", clock.GetUtcNow().AddSeconds(5));
            if (name % 50 == 0) Count(10_000).ShouldBeLessThanOrEqualTo(100);
        }

        cache.TryGet(9_999, out var last).ShouldBeTrue();
        last.ShouldBe("unknown");

        int Count(int names) => Enumerable.Range(0, names).Count(name => cache.TryGet(name, out _));
    }

    [Fact]
    public void What_has_ended_makes_room_before_what_is_alive()
    {
        var clock = new FakeTimeProvider();
        var cache = new ExpiringCache<int, string>(capacity: 10, clock);
        cache.Set(-1, "alive", clock.GetUtcNow().AddMinutes(1));
        foreach (var name in Enumerable.Range(0, 9)) cache.Set(name, "short", clock.GetUtcNow().AddSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(5));
        cache.TryGet(0, out _).ShouldBeFalse();

        cache.Set(99, "new", clock.GetUtcNow().AddSeconds(5));

        cache.TryGet(-1, out var alive).ShouldBeTrue();
        alive.ShouldBe("alive");
    }
}
