using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Common;

/// <summary>
/// What can be judged without the request's content: state, permission, feature. The pipeline asks on every path; the
/// edge asks before it reads a body, so that who may not do it does not learn what is wrong with it.
/// </summary>
public static class Gate
{
    /// <summary>For how long a proof of who one is counts for what needs a step up.</summary>
    public static readonly TimeSpan StepUpWindow = TimeSpan.FromMinutes(10);

    /// <summary>What the tenant's state must allow.</summary>
    public static Capability Needed(Policy policy, bool isCommand) =>
        policy.Capability ?? (isCommand ? Capability.Change : Capability.Read);

    /// <returns>Null when the tenant's state, at this instant, allows it; a key needs more than a person.</returns>
    public static Error? CheckState(Tenant tenant, Member? member, Capability needed, DateTimeOffset now)
    {
        var (state, reason, since) = tenant.StateAt(now);
        return TenantLifecycle.Allows(state, reason, needed)
            && (member?.Kind is not ActorKind.ApiKey || TenantLifecycle.Allows(state, reason, Capability.UseKeys))
                ? null
                : TenantErrors.NotAllowed(state, reason, since);
    }

    /// <summary>Permission first, then feature: who may not do it does not learn what the plan has.</summary>
    public static Error? CheckPolicy(Policy policy, Type request, ICaller caller, DateTimeOffset now)
    {
        if (request.IsAssignableTo(typeof(ISweep))) return caller.IsSystem ? null : PolicyErrors.Unauthenticated;

        var isPublic = request.IsAssignableTo(typeof(IPublic));
        if (request.IsAssignableTo(typeof(IPlatform)))
            return isPublic || caller.Operator is not null ? null : PolicyErrors.Unauthenticated;

        if (!isPublic)
        {
            if (caller.Member is not { } member) return PolicyErrors.Unauthenticated;
            if (!member.May(policy.Permission)) return PolicyErrors.PermissionDenied(policy.Permission);
            if (policy.PersonOnly && member.Kind is not ActorKind.User) return PolicyErrors.PersonRequired;
            if (policy.StepUp && CheckStepUp(member, now) is { } unproved) return unproved;
            if (member.Kind is ActorKind.ApiKey && !caller.RequiredTenant().Features.Contains(Feature.ApiAccess))
                return PolicyErrors.FeatureNotInPlan(caller.RequiredTenant(), Feature.ApiAccess);
        }

        return policy.Feature is Feature.None || caller.RequiredTenant().Features.Contains(policy.Feature)
            ? null
            : PolicyErrors.FeatureNotInPlan(caller.RequiredTenant(), policy.Feature);
    }

    /// <summary>
    /// A person, for whom nobody acts, has proved who they are a moment ago. Also asked by a handler of which only some
    /// requests need it.
    /// </summary>
    public static Error? CheckStepUp(Member member, DateTimeOffset now)
    {
        if (member.Kind is not ActorKind.User || member.ImpersonatorId is not null) return PolicyErrors.PersonRequired;

        return member.AuthenticatedAt + StepUpWindow < now ? PolicyErrors.StepUpRequired : null;
    }
}
