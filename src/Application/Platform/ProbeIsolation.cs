using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Tries every crossing between the two synthetic tenants.</summary>
public sealed record ProbeIsolation : ISweep<CanaryReport>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "isolation.probed",
    };
}

internal sealed class ProbeIsolationHandler(IIsolation isolation) : IRequestHandler<ProbeIsolation, Result<CanaryReport>>
{
    public async Task<Result<CanaryReport>> Handle(ProbeIsolation command, CancellationToken cancellationToken) =>
        await isolation.ProbeAsync(cancellationToken);
}
