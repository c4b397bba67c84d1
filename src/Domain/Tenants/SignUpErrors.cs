using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Tenants;

public static class SignUpErrors
{
    /// <summary>Somebody has it, or had it a while ago: the name's primary key says so.</summary>
    public static readonly Error SlugTaken = Error.Conflict("slug_taken");

    /// <summary>Wrong, used, expired, of a sign-up that was undone, or none at all: all alike.</summary>
    public static readonly Error InvalidToken = Members.MemberErrors.InvalidToken;

    /// <summary>Who asked is not known any more: they would have to sign up again.</summary>
    public static readonly Error Forgotten = Error.Conflict("sign_up_forgotten");
}
