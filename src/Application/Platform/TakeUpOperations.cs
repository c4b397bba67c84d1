using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Takes up operations that wait for an instance.</summary>
public sealed record TakeUpOperations : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "operations.resumed",
    };
}

internal sealed class TakeUpOperationsHandler(IOperationKeeping operations) : IRequestHandler<TakeUpOperations, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(TakeUpOperations command, CancellationToken cancellationToken) =>
        new Swept(await operations.TakeUpAsync(cancellationToken));
}
