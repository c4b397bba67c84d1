using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>A tenant is resolved, and its state at this instant allows this kind of request.</summary>
internal sealed class TenantBehavior<TRequest, TResponse>(ICaller caller, TimeProvider clock)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded
    where TResponse : IRefusable<TResponse>
{
    private static readonly bool IsPlatform = typeof(TRequest).IsAssignableTo(typeof(IPlatform));

    private static readonly Capability Needed =
        Gate.Needed(TRequest.Policy, typeof(TRequest).IsAssignableTo(typeof(ICommand)));

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        if (IsPlatform != caller.Tenant is null)
            throw new InvalidOperationException($"{typeof(TRequest)} was sent on the wrong kind of host.");
        if (caller.Tenant is not { } tenant) return await next();

        return Gate.CheckState(tenant, caller.Member, Needed, clock.GetUtcNow()) is { } refusal
            ? TResponse.Refused(refusal)
            : await next();
    }
}
