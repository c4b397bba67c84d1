using System.Collections.Frozen;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>Finds the tenant of a host: exact, cached, unknown hosts too, one load at a time for each host.</summary>
internal sealed class TenantDirectory(
    TenantRoutes routes, IDbContextFactory<AppDbContext> contexts, LifecycleTimes times, TimeProvider clock)
    : ITenantDirectory
{
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(10), Unknown = TimeSpan.FromSeconds(5);

    private readonly ExpiringCache<HostKey, Task<Tenant?>> _tenants = new(capacity: 20_000, clock);

    /// <summary>
    /// A task of a load, not of its result: a load that was under way when something changed goes too.
    /// </summary>
    public Task<Tenant?> FindAsync(HostKey host)
    {
        if (_tenants.TryGet(host, out var cached)) return cached;

        var load = LoadAsync(host);
        // Longer than a load takes: its end sets the time that counts.
        _tenants.Set(host, load, clock.GetUtcNow() + Unknown);
        return SettleAsync(host, load);
    }

    /// <summary>With the hosts that nobody had: one of them may be this tenant's now.</summary>
    public void Forget(TenantId org) => _tenants.RemoveWhere(load =>
        !load.IsCompletedSuccessfully || load.GetAwaiter().GetResult() is not { } tenant || tenant.Id == org);

    public void ForgetAll() => _tenants.Clear();

    private async Task<Tenant?> SettleAsync(HostKey host, Task<Tenant?> load)
    {
        try
        {
            var tenant = await load;
            if (tenant is not null && _tenants.TryGet(host, out var current) && current == load)
                _tenants.Set(host, load, KnownUntil(tenant, clock.GetUtcNow()));
            return tenant;
        }
        catch
        {
            _tenants.Remove(host); // a failure is not an answer
            throw;
        }
    }

    /// <summary>
    /// What an override grants is over at its instant, and not some seconds later; and so is a tenant itself.
    /// </summary>
    private static DateTimeOffset KnownUntil(Tenant tenant, DateTimeOffset now) =>
        new[] { tenant.EntitledUntil, tenant.Standing.PurgeDueAt, now + Known }.Min()!.Value;

    private async Task<Tenant?> LoadAsync(HostKey host)
    {
        if (await routes.ResolveAsync(host) is not { } org) return null;

        await using var db = await contexts.CreateDbContextAsync();
        db.Bind(new TenantBinding(org));
        var found = await (
            from organization in db.Organizations
            join plan in db.Set<Plan>() on organization.Tier equals plan.Tier
            select new { organization, plan }).SingleOrDefaultAsync();
        // A purged tenant looks like one that never was, and so does one whose purge is due.
        if (found is null
            || found.organization.Standing.At(clock.GetUtcNow(), times).State is TenantState.Purged) return null;

        var cheapest = (await db.Set<Plan>().ToListAsync())
            .SelectMany(plan => plan.Features.Select(feature => (feature, plan.Tier)))
            .GroupBy(pair => pair.feature)
            .ToFrozenDictionary(group => group.Key, group => group.Min(pair => pair.Tier));
        var overrides = await db.PlanOverrides.ToListAsync();
        return ToTenant(
            found.organization, Entitlements.Of(found.plan, overrides, clock.GetUtcNow()), cheapest);
    }

    private Tenant ToTenant(
        Organization organization, Entitlements entitlements, FrozenDictionary<Feature, Tier> cheapest) =>
        new()
        {
            Id = organization.Id,
            Version = organization.Version,
            Slug = organization.Slug,
            Name = organization.Name,
            Tier = organization.Tier,
            Standing = organization.Standing,
            Times = times,
            Locale = organization.Locale,
            TimeZone = organization.TimeZone,
            Currency = organization.Currency,
            Limits = entitlements.Limits,
            Features = entitlements.Features,
            EntitledUntil = entitlements.Until,
            CheapestPlanWith = cheapest,
        };
}
