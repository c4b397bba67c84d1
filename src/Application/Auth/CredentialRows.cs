using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>Conditional statements that more than one slice needs.</summary>
internal static class CredentialRows
{
    /// <summary>Sets a password if it is still the one that was read; links that were asked for before are void.</summary>
    public static async Task<bool> SetPasswordAsync(
        this IAppDbContext db, User user, string hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (id, before) = (user.Id, user.PasswordHash);
        var changed = await db.Users
            .Where(u => u.Id == id && u.PasswordHash == before && u.Status == UserStatus.Active)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.PasswordHash, hash)
                    .SetProperty(u => u.PasswordChangedAt, now)
                    .SetProperty(u => u.UpdatedAt, now)
                    .SetProperty(u => u.Version, u => u.Version + 1),
                cancellationToken);
        if (changed == 0) return false;

        await db.OneTimeTokens
            .Where(t => t.UserId == id && t.Purpose == OneTimePurpose.PasswordReset && t.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken);
        return true;
    }
}

/// <summary>Answers that must not tell a known account from an unknown one by their time.</summary>
internal static class UniformTime
{
    /// <summary>Longer than the work of either takes.</summary>
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(150);

    /// <summary>Started before the work, awaited after it.</summary>
    public static Task StartAsync() => Task.Delay(Floor, TimeProvider.System);
}
