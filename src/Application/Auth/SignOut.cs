using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

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
        await db.EndSessionAsync(session, "signed_out", clock.Now(), cancellationToken);
        await signals.SessionRevokedAsync(session, cancellationToken);
        return Nothing.Value;
    }
}

internal static class Sessions
{
    /// <summary>Can still be used: neither ended, nor run out, nor forgotten for too long.</summary>
    public static IQueryable<Session> Active(this IQueryable<Session> sessions, DateTimeOffset now)
    {
        var idleSince = now - RefreshToken.IdleLifetime;
        return sessions.Where(s => s.RevokedAt == null && s.ExpiresAt > now && s.LastUsedAt > idleSince);
    }

    /// <summary>Ends a session that has not ended yet.</summary>
    public static Task<int> EndSessionAsync(
        this IAppDbContext db,
        SessionId session,
        string reason,
        DateTimeOffset now,
        CancellationToken cancellationToken) =>
        db.Sessions.Where(s => s.Id == session && s.RevokedAt == null).ExecuteUpdateAsync(
            set => set.SetProperty(s => s.RevokedAt, now).SetProperty(s => s.RevokedReason, reason), cancellationToken);
}
