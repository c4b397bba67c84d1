using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// One row for the deed, in the transaction of the deed: no deed without a row, no row without a deed.
/// </summary>
internal sealed class AuditBehavior<TRequest, TResponse>(IAuditTrail audit, ITenantTransaction transaction)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded, ICommand
    where TResponse : IRefusable<TResponse>
{
    /// <summary>Platform requests have no tenant to log in: their handlers know whose log it is.</summary>
    private static readonly bool Recorded = TRequest.Policy.Audit != Deed.None
        && !typeof(TRequest).IsAssignableTo(typeof(IOwnTransactions))
        && !typeof(TRequest).IsAssignableTo(typeof(IPlatform));

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var response = await next();
        if (!Recorded || response.Error is not null) return response;

        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(TRequest.Policy.Audit, Subject(request, response), actor: null, cancellationToken);
        return response;
    }

    private static Guid? Subject(TRequest request, TResponse response) =>
        (response as IAnswered)?.Answer is ISubject answer ? answer.SubjectId : (request as ISubject)?.SubjectId;
}
