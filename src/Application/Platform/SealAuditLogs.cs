using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Seals what was added to the tenants' logs.</summary>
public sealed record SealAuditLogs : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "audit_log.sealed",
    };
}

internal sealed class SealAuditLogsHandler(IAuditKeeping logs) : IRequestHandler<SealAuditLogs, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(SealAuditLogs command, CancellationToken cancellationToken) =>
        new Swept(await logs.SealAsync(cancellationToken));
}
