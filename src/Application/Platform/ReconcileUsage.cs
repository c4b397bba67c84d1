using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Compares each tenant's counters with what they count, and reports what differs. Mends nothing.</summary>
public sealed record ReconcileUsage : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "usage.compared",
    };
}

internal sealed class ReconcileUsageHandler(IUsageAudit audit, IOperators operators)
    : IRequestHandler<ReconcileUsage, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ReconcileUsage command, CancellationToken cancellationToken)
    {
        var drifts = await audit.CompareAsync(cancellationToken);
        foreach (var drift in drifts)
            await operators.RecordAsync("usage.drifted", id: null, drift.OrgId.Value, drift, cancellationToken);
        return new Swept(drifts.Count);
    }
}
