using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>Permission first, then feature: who may not do it does not learn what the plan has. No database.</summary>
internal sealed class PolicyBehavior<TRequest, TResponse>(ICaller caller) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded
    where TResponse : IRefusable<TResponse>
{
    private static readonly bool IsPublic = typeof(TRequest).IsAssignableTo(typeof(IPublic));

    private static readonly Policy Policy = TRequest.Policy;

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        Gate.CheckPolicy(Policy, IsPublic, caller) is { } refusal ? TResponse.Refused(refusal) : await next();
}

public static class PolicyErrors
{
    /// <summary>Missing, bad, expired, revoked or another tenant's token: all alike.</summary>
    public static readonly Error Unauthenticated = new(ErrorKind.Unauthenticated, "unauthenticated");

    public static Error PermissionDenied(string permission) =>
        new Error(ErrorKind.Forbidden, "permission_denied").With("permission", permission);

    public static Error FeatureNotInPlan(Tenant tenant, Feature feature) =>
        new Error(ErrorKind.Forbidden, "feature_not_in_plan")
            .With("feature", Wire.Text(feature))
            .With("plan", Wire.Text(tenant.Tier))
            .With("requiredPlan", tenant.CheapestPlanWith.TryGetValue(feature, out var plan) ? Wire.Text(plan) : null);
}
