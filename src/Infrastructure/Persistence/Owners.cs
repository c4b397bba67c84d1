using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

internal static class Owners
{
    /// <summary>The active owners of the bound tenant.</summary>
    public static async Task<IReadOnlyList<(UserId Id, string Email)>> OwnersAsync(
        this AppDbContext db, CancellationToken cancellationToken)
    {
        var owners = await (
            from link in db.UserRoles
            join role in db.Roles on link.RoleId equals role.Id
            join user in db.Users on link.UserId equals user.Id
            where role.BuiltIn && role.Name == BuiltInRoles.SuperAdmin && user.Status == UserStatus.Active
            orderby user.Id
            select new { user.Id, user.Email }).ToListAsync(cancellationToken);
        return [.. owners.Select(owner => (owner.Id, owner.Email))];
    }
}
