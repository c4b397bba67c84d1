using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Reports whether tenants are apart: each rule with what it looked at, and what two synthetic tenants saw of each other.
/// </summary>
public sealed record GetIsolationReport : IPlatformQuery<IsolationReport>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetIsolationReportHandler(IIsolation isolation)
    : IRequestHandler<GetIsolationReport, Result<IsolationReport>>
{
    public async Task<Result<IsolationReport>> Handle(GetIsolationReport query, CancellationToken cancellationToken) =>
        await isolation.ReportAsync(cancellationToken);
}
