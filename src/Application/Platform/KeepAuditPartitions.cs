using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Makes the log's partitions of the months to come.</summary>
public sealed record KeepAuditPartitions : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "audit_log.partitioned",
    };
}

internal sealed class KeepAuditPartitionsHandler(IAuditKeeping logs) : IRequestHandler<KeepAuditPartitions, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(KeepAuditPartitions command, CancellationToken cancellationToken) =>
        new Swept(await logs.KeepPartitionsAsync(cancellationToken));
}
