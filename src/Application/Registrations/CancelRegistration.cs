using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Registrations;

/// <summary>Cancels a registration, which gives its place back.</summary>
public sealed record CancelRegistration(RegistrationId Id) : ICommand<RegistrationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RegistrationsWrite,
        Feature = Feature.None,
        Capability = Capability.HonourTickets,
        Releases = [Quota.Participants],
        Audit = "registration.cancelled",
    };
}

internal sealed class CancelRegistrationHandler(
    IAppDbContext db, ICaller caller, IQuotas quotas, TimeProvider clock)
    : IRequestHandler<CancelRegistration, Result<RegistrationDetails>>
{
    public async Task<Result<RegistrationDetails>> Handle(
        CancelRegistration command, CancellationToken cancellationToken)
    {
        if (await db.LockRegistrationAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;

        var now = clock.Now();
        if (await db.RefusesTicketsAsync(caller.RequiredTenant(), found.EventId, now, cancellationToken) is { } over)
            return over;
        if (found.Cancel(now) is { } refusal) return refusal;

        // An archived event's participants were given back when it was archived; its places still are, for the books.
        var eventId = found.EventId;
        await db.Events.Where(e => e.Id == eventId)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.Registered, e => e.Registered - 1), cancellationToken);
        if (await db.Events.AnyAsync(e => e.Id == eventId && e.Status != EventStatus.Archived, cancellationToken))
            await quotas.ReleaseAsync(Quota.Participants, 1, cancellationToken);
        return RegistrationDetails.Of(found);
    }
}
