using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Erases deleted tenants whose time is over, and goes on with what was begun.</summary>
public sealed record PurgeTenants : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenants.purged",
    };
}

internal sealed class PurgeTenantsHandler(IErasure erasure) : IRequestHandler<PurgeTenants, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(PurgeTenants command, CancellationToken cancellationToken) =>
        new Swept(await erasure.PurgeDueAsync(cancellationToken));
}
