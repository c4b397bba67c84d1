using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Begins purges again that a restored backup does not know of; the sweep ends them.</summary>
/// <param name="Purged">Tenants that had been purged; those that are not there, or are purged, are left as they are.</param>
public sealed record ReplayPurges(IReadOnlyList<TenantId> Purged) : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "purges.replayed",
    };
}

internal sealed class ReplayPurgesHandler(IErasure erasure) : IRequestHandler<ReplayPurges, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ReplayPurges command, CancellationToken cancellationToken) =>
        new Swept(await erasure.ReplayAsync(command.Purged, cancellationToken));
}
