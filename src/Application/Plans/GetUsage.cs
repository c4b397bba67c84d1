using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Plans;

/// <summary>Shows how much of each quota is used, and how much is left.</summary>
public sealed record GetUsage : IQuery<Usage>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>What a tenant uses of what it may.</summary>
/// <param name="Plan">The tenant's plan.</param>
/// <param name="Data">One for each quota.</param>
public sealed record Usage([property: Required] Tier Plan, [property: Required] IReadOnlyList<QuotaUsage> Data);

/// <summary>One quota.</summary>
/// <param name="Resource">What is counted.</param>
/// <param name="Limit">Of the plan, or of an override; null is unlimited.</param>
/// <param name="Used">May be more than the limit, after a downgrade.</param>
/// <param name="Remaining">What can still be reserved; null is unlimited.</param>
public sealed record QuotaUsage(
    [property: Required] Quota Resource, long? Limit, [property: Required] long Used, long? Remaining)
{
    internal static QuotaUsage Of(UsageCounter counter, PlanLimits limits)
    {
        var limit = limits.Of(counter.Resource);
        return new(counter.Resource, limit, counter.Used, limit is null ? null : Math.Max(0, limit.Value - counter.Used));
    }
}

internal sealed class GetUsageHandler(IAppDbContext db, ICaller caller) : IRequestHandler<GetUsage, Result<Usage>>
{
    public async Task<Result<Usage>> Handle(GetUsage query, CancellationToken cancellationToken)
    {
        var tenant = caller.RequiredTenant();
        var counters = await db.UsageCounters.ToListAsync(cancellationToken);
        return new Usage(
            tenant.Tier,
            [.. counters.OrderBy(counter => counter.Resource).Select(counter => QuotaUsage.Of(counter, tenant.Limits))]);
    }
}
