using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Auth;

/// <summary>Signs out: the session's tokens are refused at once.</summary>
public sealed record SignOut : ICommand<Nothing>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "session.ended",
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class SignOutHandler(IAppDbContext db, ICaller caller, ISignals signals, TimeProvider clock)
    : IRequestHandler<SignOut, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(SignOut command, CancellationToken cancellationToken)
    {
        var session = caller.RequiredMember().SessionId;
        await db.Sessions.Where(s => s.Id == session).EndAsync("signed_out", clock.Now(), cancellationToken);
        await signals.SessionRevokedAsync(session, cancellationToken);
        return Nothing.Value;
    }
}
