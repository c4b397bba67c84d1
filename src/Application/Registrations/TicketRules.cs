using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Registrations;

internal static class TicketRules
{
    /// <summary>A deleted tenant's tickets are good until their event ends: more than the state alone can say.</summary>
    /// <returns>Null where the tickets of the event are good, and for an event that is not there.</returns>
    public static async Task<Error?> RefusesTicketsAsync(
        this IAppDbContext db, Tenant tenant, EventId id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (state, reason, since) = tenant.StateAt(now);
        return state is TenantState.Deleted
            && await db.Events.AnyAsync(e => e.Id == id && e.EndsAt <= now, cancellationToken)
                ? TenantErrors.NotAllowed(state, reason, since)
                : null;
    }
}
