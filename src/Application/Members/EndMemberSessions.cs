using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Members;

/// <summary>Signs a member out everywhere.</summary>
public sealed record EndMemberSessions(UserId Id) : ICommand<Nothing>, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Audit = "member.sessions_ended",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class EndMemberSessionsHandler(IAppDbContext db, ISignals signals, TimeProvider clock)
    : IRequestHandler<EndMemberSessions, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(EndMemberSessions command, CancellationToken cancellationToken)
    {
        if (await db.LockMemberAsync(command.Id, cancellationToken) is not { } member) return Error.NotFound;

        await db.Sessions.Where(s => s.UserId == member.Id).EndAsync("ended_by_member", clock.Now(), cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        return Nothing.Value;
    }
}
