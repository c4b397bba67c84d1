using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Auth;

/// <summary>Ends one of the caller's own sessions: its tokens are refused at once.</summary>
public sealed record EndSession(SessionId Id) : ICommand<Nothing>, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "session.revoked",
        PersonOnly = true,
        Capability = Capability.SignIn,
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class EndSessionHandler(IAppDbContext db, ICaller caller, ISignals signals, TimeProvider clock)
    : IRequestHandler<EndSession, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(EndSession command, CancellationToken cancellationToken)
    {
        var (me, now) = (caller.RequiredMember().Id, clock.Now());
        var ended = await db.Sessions.Where(s => s.Id == command.Id && s.UserId == me).Active(now)
            .EndAsync("signed_out", now, cancellationToken);
        if (ended == 0) return Error.NotFound;

        await signals.SessionRevokedAsync(command.Id, cancellationToken);
        return Nothing.Value;
    }
}
