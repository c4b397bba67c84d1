using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

public static class MemberErrors
{
    /// <summary>Used, expired, revoked, another tenant's or none at all: all alike.</summary>
    public static readonly Error InvalidToken = CredentialErrors.InvalidToken;

    /// <summary>Someone with this address is a member.</summary>
    public static readonly Error AlreadyMember = Error.Conflict("already_member");

    /// <summary>An invitation to this address is open.</summary>
    public static readonly Error AlreadyInvited = Error.Conflict("already_invited");

    /// <summary>Without it nobody could give anybody anything.</summary>
    public static readonly Error LastSuperAdmin = Error.Conflict("last_super_admin");

    /// <summary>The roles that there were are gone: nothing is left that could be given.</summary>
    public static readonly Error NoRoleLeft = Error.Conflict("no_role_left");

    public static readonly Error RoleBuiltIn = Error.Conflict("role_built_in");

    public static readonly Error RoleInUse = Error.Conflict("role_in_use");

    public static readonly Error RoleNameTaken = Error.Conflict("role_name_taken");

    public static Error UnknownRole(string name) =>
        new Error(ErrorKind.Unprocessable, "unknown_role").With("role", name);
}
