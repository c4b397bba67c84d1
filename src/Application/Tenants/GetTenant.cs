using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Tenants;

/// <summary>Shows the tenant: name, plan, state and its deadlines, place.</summary>
public sealed record GetTenant : IQuery<OwnTenant>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetTenantHandler(IAppDbContext db, LifecycleTimes times, TimeProvider clock)
    : IRequestHandler<GetTenant, Result<OwnTenant>>
{
    public async Task<Result<OwnTenant>> Handle(GetTenant query, CancellationToken cancellationToken) =>
        OwnTenant.Of(await db.Organizations.SingleAsync(cancellationToken), times, clock.Now());
}
