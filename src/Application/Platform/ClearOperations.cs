using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Erases what operations have left in the store for longer than they said.</summary>
public sealed record ClearOperations : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "operations.cleared",
    };
}

internal sealed class ClearOperationsHandler(IOperationKeeping operations) : IRequestHandler<ClearOperations, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ClearOperations command, CancellationToken cancellationToken) =>
        new Swept(await operations.ClearAsync(cancellationToken));
}
