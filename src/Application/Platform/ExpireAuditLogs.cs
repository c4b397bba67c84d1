using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Deletes what the tenants' plans keep no longer of their logs.</summary>
public sealed record ExpireAuditLogs : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "audit_log.expired",
    };
}

internal sealed class ExpireAuditLogsHandler(IAuditKeeping logs) : IRequestHandler<ExpireAuditLogs, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireAuditLogs command, CancellationToken cancellationToken) =>
        new Swept(await logs.ExpireAsync(cancellationToken));
}
