using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// Commands run in one bound transaction; queries only name their tenant. Constraints become named refusals.
/// </summary>
internal sealed class TransactionBehavior<TRequest, TResponse>(ICaller caller, ITenantTransaction transaction)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded
    where TResponse : IRefusable<TResponse>
{
    private static readonly bool OpensOne = typeof(TRequest).IsAssignableTo(typeof(ICommand))
        && !typeof(TRequest).IsAssignableTo(typeof(IOwnTransactions));

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        if (caller.Tenant is null) return await next();
        if (!OpensOne)
        {
            transaction.NameTenant();
            return await next();
        }

        try
        {
            return await transaction.RunAsync(() => next(), cancellationToken);
        }
        catch (ConstraintViolatedException violated) when (ConstraintErrors.Find(violated.Constraint) is { } error)
        {
            return TResponse.Refused(error);
        }
        catch (StaleRowException)
        {
            return TResponse.Refused(Error.PreconditionFailed);
        }
    }
}
