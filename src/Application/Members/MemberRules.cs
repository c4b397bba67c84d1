using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

internal static class MemberRules
{
    private const int MaxRoles = 20;

    /// <summary>One role at least, for who has none may do nothing, not even sign in.</summary>
    public static void AreRoleNames<T>(this IRuleBuilderInitial<T, IReadOnlyList<string>> rule) =>
        rule.Cascade(CascadeMode.Stop).NotEmpty()
            .Must(names => names.Count <= MaxRoles)
            .Saying("too_many", "Too many roles.", "역할이 너무 많습니다.")
            .Must(names => names.All(name => name is { Length: > 0 and <= Role.NameMaxLength }))
            .Saying("invalid_role_name", "Names of roles are expected.", "역할 이름이어야 합니다.");

    public static void IsEmail<T>(this IRuleBuilderInitial<T, string> rule) =>
        rule.Cascade(CascadeMode.Stop).NotEmpty().Must(email => EmailAddress.TryNormalize(email, out _))
            .Saying("not_an_email", "An e-mail address is expected.", "이메일 주소여야 합니다.");
}

internal static class MemberQueries
{
    public static IQueryable<Role> RolesHeldBy(this IAppDbContext db, UserId user) =>
        from link in db.UserRoles
        join role in db.Roles on link.RoleId equals role.Id
        where link.UserId == user
        select role;

    /// <returns>The roles of these names, or unknown_role.</returns>
    public static async Task<Result<IReadOnlyList<Role>>> FindRolesAsync(
        this IAppDbContext db, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var roles = await db.Roles.Where(role => names.Contains(role.Name)).ToListAsync(cancellationToken);
        return names.FirstOrDefault(name => roles.TrueForAll(role => role.Name != name)) is { } unknown
            ? MemberErrors.UnknownRole(unknown)
            : Result<IReadOnlyList<Role>>.Succeeded(roles);
    }

    public static IQueryable<Invitation> OpenInvitations(this IAppDbContext db) =>
        db.Invitations.Where(i => i.AcceptedAt == null && i.RevokedAt == null);

    /// <summary>Whether somebody else is an active super_admin. Holds while the people's lock is held.</summary>
    public static Task<bool> HasOtherOwnerAsync(
        this IAppDbContext db, UserId but, CancellationToken cancellationToken) => (
        from link in db.UserRoles
        join role in db.Roles on link.RoleId equals role.Id
        join user in db.Users on link.UserId equals user.Id
        where role.BuiltIn && role.Name == BuiltInRoles.SuperAdmin
            && user.Status == UserStatus.Active && user.Id != but
        select user).AnyAsync(cancellationToken);

    /// <summary>
    /// Refuses to go on when this active member is the last super_admin. The people's lock keeps the others as they
    /// are.
    /// </summary>
    public static async Task<Error?> CheckNotLastOwnerAsync(
        this IAppDbContext db, User member, IEnumerable<Role> held, CancellationToken cancellationToken) =>
        member.Status is UserStatus.Active
        && held.Any(role => role is { BuiltIn: true, Name: BuiltInRoles.SuperAdmin })
        && !await db.HasOtherOwnerAsync(member.Id, cancellationToken)
            ? MemberErrors.LastSuperAdmin
            : null;

    /// <summary>
    /// A seat for one more: that of an open invitation to the same address if there is one, else one of the plan's.
    /// Where those are all taken, expired invitations give way.
    /// </summary>
    /// <param name="invited">The open invitation to the address, tracked; it is revoked.</param>
    public static async Task<Error?> TakeSeatAsync(
        this IAppDbContext db, IQuotas quotas, Invitation? invited, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (invited is not null)
        {
            invited.Revoke(now);
            return null;
        }

        if (await quotas.ReserveAsync(Quota.Members, 1, cancellationToken) is not { } full) return null;

        var expired = await db.OpenInvitations().Where(i => i.ExpiresAt <= now).ExecuteUpdateAsync(
            set => set.SetProperty(i => i.RevokedAt, now)
                .SetProperty(i => i.UpdatedAt, now).SetProperty(i => i.Version, i => i.Version + 1),
            cancellationToken);
        if (expired == 0) return full;

        await quotas.ReleaseAsync(Quota.Members, expired, cancellationToken);
        return await quotas.ReserveAsync(Quota.Members, 1, cancellationToken);
    }
}
