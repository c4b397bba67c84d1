using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Tenants;

/// <summary>Takes the deletion back: the tenant is what it was, or suspended where something has to be paid first.</summary>
public sealed record RestoreOwnTenant : ICommand<OwnTenant>, IOwnTransactions
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantDelete,
        Feature = Feature.None,
        Capability = Capability.Restore,
        StepUp = true,
        Audit = "tenant.restored",
    };
}

internal sealed class RestoreOwnTenantHandler(
    IAppDbContext db, ITenantLifecycle lifecycle, ICaller caller, LifecycleTimes times, TimeProvider clock)
    : IRequestHandler<RestoreOwnTenant, Result<OwnTenant>>
{
    public async Task<Result<OwnTenant>> Handle(RestoreOwnTenant command, CancellationToken cancellationToken)
    {
        var tenant = caller.RequiredTenant();
        return await lifecycle.MoveAsync(tenant.Id, new(TenantTrigger.Restore), cancellationToken) is { } refusal
            ? refusal
            : OwnTenant.Of(await db.Organizations.SingleAsync(cancellationToken), times, clock.Now());
    }
}
