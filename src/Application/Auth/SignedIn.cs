using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Auth;

internal static class AuthLimits
{
    public const int RefreshTokenMaxLength = 200;
}

/// <summary>A pair of tokens and the person they are for.</summary>
/// <param name="AccessToken">Send it as Authorization: Bearer; good for expiresIn seconds.</param>
/// <param name="TokenType">Bearer (RFC 6750).</param>
/// <param name="ExpiresIn">Seconds.</param>
/// <param name="RefreshToken">Good once; the answer brings the next one.</param>
/// <param name="User">The person.</param>
public sealed record SignedIn(
    [property: Required] string AccessToken,
    [property: Required] string TokenType,
    [property: Required] int ExpiresIn,
    [property: Required] string RefreshToken,
    [property: Required] SignedInUser User)
{
    internal static SignedIn With(
        ITokens tokens, Tenant tenant, SessionId session, string refresh, User user, IReadOnlyList<Role> roles,
        DateTimeOffset now) =>
        new(
            tokens.IssueAccess(user.OrgId, user.Id, session, now, new(user.Version, tenant.Version)),
            "Bearer",
            (int)tokens.AccessLifetime.TotalSeconds,
            refresh,
            new SignedInUser(
                user.Id,
                user.Email,
                user.Name,
                [.. roles.Select(role => role.Name).Order(StringComparer.Ordinal)],
                [.. roles.SelectMany(role => role.Permissions).Distinct().Order(StringComparer.Ordinal)]));
}

/// <summary>The person who signed in.</summary>
public sealed record SignedInUser(
    [property: Required] UserId Id,
    [property: Required] string Email,
    [property: Required] string Name,
    [property: Required] IReadOnlyList<string> Roles,
    [property: Required] IReadOnlyList<string> Permissions);

internal static class AuthRules
{
    /// <summary>
    /// Where only the owner is left with something to do, and who checks tickets, nobody else signs in or stays signed in.
    /// </summary>
    public static Error? RefusesSignIn(this Tenant tenant, IReadOnlyList<Role> roles, DateTimeOffset now)
    {
        var (state, reason, since) = tenant.StateAt(now);
        return TenantLifecycle.OnlyOwnerSignsIn(state, reason)
            && roles.All(role => role.Name != BuiltInRoles.SuperAdmin && !role.Permissions.Contains(Permissions.CheckInWrite))
            ? TenantErrors.NotAllowed(state, reason, since)
            : null;
    }
}

internal static class AuthQueries
{
    public static IQueryable<Role> RolesOf(this IAppDbContext db, UserId user) =>
        from link in db.UserRoles
        join role in db.Roles on link.RoleId equals role.Id
        where link.UserId == user
        select role;
}
