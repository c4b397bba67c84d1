using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Events;

/// <summary>Deletes an event for which nobody ever registered, with its programs.</summary>
public sealed record DeleteEvent(EventId Id, VersionCondition IfMatch) : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Releases = [Quota.Events],
        Audit = "event.deleted",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class DeleteEventHandler(IAppDbContext db, IQuotas quotas, TimeProvider clock)
    : IRequestHandler<DeleteEvent, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteEvent command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;
        if (command.IfMatch.Check(found) is { } stale) return stale;
        // No race: a registration takes the event's lock first, and a tombstone is not live.
        if (await db.Registrations.AnyAsync(r => r.EventId == command.Id, cancellationToken))
            return EventErrors.HasRegistrations;

        if (found.Counts) await quotas.ReleaseAsync(Quota.Events, 1, cancellationToken);
        await db.Programs.Where(program => program.EventId == command.Id).ExecuteDeleteAsync(cancellationToken);
        found.Delete(clock.Now());
        return Nothing.Value;
    }
}
