using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// Permission first, then feature: who may not do it does not learn what the plan has. What was denied, here or further
/// inside, is remembered when everything inside is over and rolled back.
/// </summary>
internal sealed class PolicyBehavior<TRequest, TResponse>(ICaller caller, IDenials denials, TimeProvider clock)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded
    where TResponse : IRefusable<TResponse>
{
    private static readonly Policy Policy = TRequest.Policy;

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var response = Gate.CheckPolicy(Policy, typeof(TRequest), caller, clock.GetUtcNow()) is { } refusal
            ? TResponse.Refused(refusal)
            : await next();
        if (Denial.Of(response.Error, typeof(TRequest)) is { } denial)
            await denials.RecordAsync(denial, cancellationToken);
        return response;
    }
}

public static class PolicyErrors
{
    /// <summary>Missing, bad, expired, revoked or another tenant's token: all alike.</summary>
    public static readonly Error Unauthenticated = new(ErrorKind.Unauthenticated, "unauthenticated");

    /// <summary>A key, or an operator who acts for somebody, may not do it.</summary>
    public static readonly Error PersonRequired = new(ErrorKind.Forbidden, "person_required");

    /// <summary>Prove again who you are (POST /v1/auth/step-up), then repeat the request.</summary>
    public static readonly Error StepUpRequired = new Error(ErrorKind.Forbidden, "step_up_required")
        .With("maxAge", (int)Gate.StepUpWindow.TotalSeconds);

    public static Error PermissionDenied(string permission) =>
        new Error(ErrorKind.Forbidden, "permission_denied").With("permission", permission);

    public static Error FeatureNotInPlan(Tenant tenant, Feature feature) =>
        new Error(ErrorKind.Forbidden, "feature_not_in_plan")
            .With("feature", Wire.Text(feature))
            .With("plan", Wire.Text(tenant.Tier))
            .With("requiredPlan", tenant.CheapestPlanWith.TryGetValue(feature, out var plan) ? Wire.Text(plan) : null);
}
