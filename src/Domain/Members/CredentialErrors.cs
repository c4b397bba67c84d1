using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

public static class CredentialErrors
{
    /// <summary>Who has signed in already gave a wrong password or code: the session stays.</summary>
    public static readonly Error Wrong = new(ErrorKind.Forbidden, "wrong_credentials");

    /// <summary>The password was right; the second factor is missing.</summary>
    public static readonly Error TotpRequired = new(ErrorKind.Unauthenticated, "totp_required");

    /// <summary>The password was right; this account may not be used with a password alone.</summary>
    public static readonly Error TotpEnrollmentRequired = new(ErrorKind.Forbidden, "totp_enrollment_required");

    public static readonly Error TotpAlreadyEnabled = new(ErrorKind.Conflict, "totp_already_enabled");

    public static readonly Error TotpNotEnabled = new(ErrorKind.Conflict, "totp_not_enabled");

    public static readonly Error TotpNotEnrolled = new(ErrorKind.Conflict, "totp_not_enrolled");

    /// <summary>Used, expired, another tenant's, unknown: all alike.</summary>
    public static readonly Error InvalidToken = new(ErrorKind.Validation, "invalid_token");
}
