using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>The plans, read and written outside every tenant. As platform_role.</summary>
public interface IPlanCatalogue
{
    /// <returns>All plans with their prices, from the least to the most.</returns>
    Task<IReadOnlyList<Plan>> ListAsync(CancellationToken cancellationToken);

    Task<Plan> FindAsync(Tier tier, CancellationToken cancellationToken);

    /// <summary>
    /// Changes a plan, records it in the platform's log with what was before, and tells every instance: each tenant
    /// of the plan has the new terms from its next request.
    /// </summary>
    /// <returns>The plan, or precondition_failed.</returns>
    Task<Result<Plan>> ChangeAsync(
        Tier tier, VersionCondition ifMatch, Action<Plan> change, CancellationToken cancellationToken);
}

/// <summary>
/// What one tenant has more, or less, than its plan: written by operators, bound to the tenant and recorded in its log.
/// </summary>
public interface IPlanOverrides
{
    /// <returns>Null for an unknown or purged tenant.</returns>
    Task<IReadOnlyList<PlanOverride>?> ListAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>Puts it in the place of the one before.</summary>
    /// <returns>Null, or not_found for an unknown or purged tenant.</returns>
    Task<Error?> SetAsync(PlanOverride wanted, CancellationToken cancellationToken);

    /// <returns>Null, or not_found for an unknown tenant, and where there is no such override.</returns>
    Task<Error?> RemoveAsync(TenantId org, Entitlement entitlement, CancellationToken cancellationToken);
}

/// <summary>Compares the counters of usage with the rows that they count.</summary>
public interface IUsageAudit
{
    /// <summary>Goes through the tenants, each by itself: bound to it, in one snapshot.</summary>
    /// <returns>Counters that are not what they count. There should be none: a bug of ours made it.</returns>
    Task<IReadOnlyList<UsageDrift>> CompareAsync(CancellationToken cancellationToken);
}

/// <param name="Counter">events, participants, members, storage, or event.registered.</param>
/// <param name="Row">The event, for event.registered.</param>
/// <param name="Counted">What the counter says.</param>
/// <param name="Real">What is there.</param>
public sealed record UsageDrift(TenantId OrgId, string Counter, Guid? Row, long Counted, long Real);
