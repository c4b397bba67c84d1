using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Makes real what the clock has done to tenants.</summary>
public sealed record ExpireTenants : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenants.expired",
    };
}

internal sealed class ExpireTenantsHandler(ITenantExpiry tenants) : IRequestHandler<ExpireTenants, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireTenants command, CancellationToken cancellationToken) =>
        new Swept(await tenants.ExpireAsync(cancellationToken));
}
