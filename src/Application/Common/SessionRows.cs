using CleanTenancy.Domain.Members;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Common;

/// <summary>Which sessions can still be used, and how they end.</summary>
internal static class SessionRows
{
    /// <summary>Can still be used: neither ended, nor run out, nor forgotten for too long.</summary>
    public static IQueryable<Session> Active(this IQueryable<Session> sessions, DateTimeOffset now)
    {
        var idleSince = now - RefreshToken.IdleLifetime;
        return sessions.Where(s => s.RevokedAt == null && s.ExpiresAt > now && s.LastUsedAt > idleSince);
    }

    /// <summary>
    /// Ends those that have not ended yet. All of a member's: after their row is locked or changed, for then a sign-in
    /// that is under way has written its session before, or fails at the row.
    /// </summary>
    /// <returns>How many.</returns>
    public static Task<int> EndAsync(
        this IQueryable<Session> sessions, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        sessions.Where(s => s.RevokedAt == null).ExecuteUpdateAsync(
            set => set.SetProperty(s => s.RevokedAt, now).SetProperty(s => s.RevokedReason, reason), cancellationToken);
}
