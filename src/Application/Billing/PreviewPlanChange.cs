using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Billing;

/// <summary>
/// Shows what another plan would mean: limits that are exceeded already, features lost and gained. Changes nothing.
/// </summary>
public sealed record PreviewPlanChange : IQuery<PlanChangePreview>
{
    /// <summary>The plan to look at.</summary>
    [Required]
    public required Tier Plan { get; init; }

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.BillingWrite,
        Feature = Feature.None,
        Audit = Deed.None,
        Capability = Capability.Pay,
    };
}

/// <summary>What another plan would mean for this tenant as it is now.</summary>
/// <param name="Plan">The plan of now.</param>
/// <param name="NewPlan">The plan that was asked about.</param>
/// <param name="Limits">What would hold: of the new plan, but for overrides, which stay.</param>
/// <param name="Over">
/// Quotas that would be exceeded. What is there would stay and could be read; nothing of it could be added.
/// </param>
/// <param name="FeaturesLost">On now, and off then.</param>
/// <param name="FeaturesGained">Off now, and on then.</param>
public sealed record PlanChangePreview(
    [property: Required] Tier Plan,
    [property: Required] Tier NewPlan,
    [property: Required] PlanLimits Limits,
    [property: Required] IReadOnlyList<ExceededQuota> Over,
    [property: Required] IReadOnlyList<Feature> FeaturesLost,
    [property: Required] IReadOnlyList<Feature> FeaturesGained);

/// <summary>A quota of which more is used than another plan has.</summary>
/// <param name="Resource">What is counted.</param>
/// <param name="Limit">Of the other plan.</param>
/// <param name="Used">Now.</param>
/// <param name="Over">How much would have to go before anything could be added.</param>
public sealed record ExceededQuota(
    [property: Required] Quota Resource,
    [property: Required] long Limit,
    [property: Required] long Used,
    [property: Required] long Over);

internal sealed class PreviewPlanChangeHandler(
    IAppDbContext db, IPlanCatalogue plans, ICaller caller, TimeProvider clock)
    : IRequestHandler<PreviewPlanChange, Result<PlanChangePreview>>
{
    public async Task<Result<PlanChangePreview>> Handle(
        PreviewPlanChange query, CancellationToken cancellationToken)
    {
        var tenant = caller.RequiredTenant();
        var plan = await plans.FindAsync(query.Plan, cancellationToken);
        var overrides = await db.PlanOverrides.ToListAsync(cancellationToken);
        var then = Entitlements.Of(plan, overrides, clock.Now());
        var counters = await db.UsageCounters.ToListAsync(cancellationToken);
        return new PlanChangePreview(
            tenant.Tier,
            query.Plan,
            then.Limits,
            [.. counters.OrderBy(counter => counter.Resource)
                .Where(counter => counter.Used > then.Limits.Of(counter.Resource))
                .Select(counter => Exceeded(counter, then.Limits.Of(counter.Resource)!.Value))],
            [.. tenant.Features.Except(then.Features).Order()],
            [.. then.Features.Except(tenant.Features).Order()]);
    }

    private static ExceededQuota Exceeded(UsageCounter counter, long limit) =>
        new(counter.Resource, limit, counter.Used, counter.Used - limit);
}
