using CleanTenancy.Application.Common.Ports;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// The outermost, and without a constraint: the container silently skips a behavior whose constraint is not met, so
/// this one makes sure that a request has a policy and is the one its route declared.
/// </summary>
internal sealed class GuardBehavior<TRequest, TResponse>(ICaller caller) : IPipelineBehavior<TRequest, TResponse>
{
    private static readonly bool IsGuarded = typeof(TRequest).IsAssignableTo(typeof(IGuarded))
        && (typeof(TRequest).IsAssignableTo(typeof(ICommand)) ^ typeof(TRequest).IsAssignableTo(typeof(IQuery)));

    public Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        if (!IsGuarded) throw new InvalidOperationException($"{typeof(TRequest)} is neither a command nor a query.");
        if (caller.DeclaredRequest is { } declared && declared != typeof(TRequest))
            throw new InvalidOperationException($"The route declares {declared} and sends {typeof(TRequest)}.");

        return next();
    }
}
