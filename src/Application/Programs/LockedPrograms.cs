using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Programs;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Programs;

internal static class LockedPrograms
{
    /// <summary>The program under its event's lock: events are locked before what belongs to them.</summary>
    public static async Task<(Event Of, EventProgram Program)?> LockProgramAsync(
        this IAppDbContext db, ProgramId id, CancellationToken cancellationToken)
    {
        // A program never moves to another event, so its event may be read before the lock.
        var eventId = await db.Programs.Where(p => p.Id == id).Select(p => (EventId?)p.EventId)
            .SingleOrDefaultAsync(cancellationToken);
        if (eventId is null || await db.LockEventAsync(eventId.Value, cancellationToken) is not { } of) return null;

        return await db.Programs.AsTracking().SingleOrDefaultAsync(p => p.Id == id, cancellationToken) is { } program
            ? (of, program)
            : null;
    }
}
