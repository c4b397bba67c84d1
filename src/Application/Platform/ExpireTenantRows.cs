using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Deletes what nobody needs any more of each tenant: answered keys, used secrets, done messages.</summary>
public sealed record ExpireTenantRows : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "rows.expired",
    };
}

internal sealed class ExpireTenantRowsHandler(IRowKeeping rows) : IRequestHandler<ExpireTenantRows, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireTenantRows command, CancellationToken cancellationToken) =>
        new Swept(await rows.ExpireTenantRowsAsync(cancellationToken));
}
