using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Operations;

/// <summary>Starts an export of all that belongs to the organization; one at a time.</summary>
public sealed record StartExport : ICommand<OperationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.DataExport,
        Feature = Feature.None,
        Idempotent = true,
        KeyRequired = true,
        PersonOnly = true,
        StepUp = true,
        Capability = Capability.Export,
        Audit = "data.exported",
    };
}

internal sealed class StartExportHandler(IOperations operations, TimeProvider clock)
    : IRequestHandler<StartExport, Result<OperationDetails>>
{
    public Task<Result<OperationDetails>> Handle(StartExport command, CancellationToken cancellationToken)
    {
        var operation = operations.Queue(OperationKind.Export, new { });
        return Task.FromResult<Result<OperationDetails>>(OperationDetails.Of(operation, clock.GetUtcNow()));
    }
}
