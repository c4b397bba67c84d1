using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// One conditional UPDATE reserves; never count, then insert. Counters are locked before any other row.
/// </summary>
internal sealed class QuotaBehavior<TRequest, TResponse>(IQuotas quotas) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded, ICommand
    where TResponse : IRefusable<TResponse>
{
    private static readonly Policy Policy = TRequest.Policy;

    private static readonly Quota[] Releases = [.. TRequest.Policy.Releases.OrderBy(Wire.Text, StringComparer.Ordinal)];

    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var quota in Releases) await quotas.HoldAsync(quota, cancellationToken);

        if (Policy.ReservesLater)
            await quotas.HoldAsync(Policy.Quota, cancellationToken);
        else if (Policy.Quota is not Quota.None
            && await quotas.ReserveAsync(Policy.Quota, 1, cancellationToken) is { } refusal)
            return TResponse.Refused(refusal);

        return await next();
    }
}
