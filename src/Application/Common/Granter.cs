using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Common;

/// <summary>Somebody who changes what people may: nobody gives, changes or takes away what they do not have.</summary>
/// <param name="permissions">What they have.</param>
/// <param name="needed">What they must have to do it at all.</param>
internal sealed class Granter(IReadOnlySet<string> permissions, string needed)
{
    /// <returns>Null when they have each of these; else the first that they lack.</returns>
    public Error? Check(params IEnumerable<string> touched) =>
        touched.Order(StringComparer.Ordinal).Prepend(needed).FirstOrDefault(one => !Has(one)) is { } lacked
            ? PolicyErrors.PermissionDenied(lacked)
            : null;

    public bool Has(string permission) =>
        permissions.Contains(permission) || permissions.Contains(Permissions.All);
}

internal static class GranterExtensions
{
    /// <summary>
    /// Takes the lock of the tenant's people, and then reads what the caller may: what the session says may be moments
    /// old, and a person who was demoted a moment ago gives nothing any more.
    /// </summary>
    public static async Task<Granter> LockPeopleAsync(
        this IAppDbContext db, ICaller caller, string needed, CancellationToken cancellationToken)
    {
        await db.LockPeopleAsync(cancellationToken);
        var member = caller.RequiredMember();
        return member.Kind is ActorKind.User
            ? await db.GranterAsync(member.Id, needed, cancellationToken)
            : new(member.Permissions, needed);
    }

    /// <summary>What a person may now; nothing when they are suspended or removed.</summary>
    public static async Task<Granter> GranterAsync(
        this IAppDbContext db, UserId id, string needed, CancellationToken cancellationToken)
    {
        var held = await (
            from user in db.Users
            join link in db.UserRoles on user.Id equals link.UserId
            join role in db.Roles on link.RoleId equals role.Id
            where user.Id == id && user.Status == UserStatus.Active
            select role.Permissions).ToListAsync(cancellationToken);
        return new(held.SelectMany(permissions => permissions).ToHashSet(), needed);
    }
}
