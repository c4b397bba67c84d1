namespace CleanTenancy.Application.Members;

internal static class PasswordRules
{
    /// <summary>NIST SP 800-63B-4, 3.1.1.2: fifteen where the password is the only factor.</summary>
    public const int MinLength = 15;

    public const int MaxLength = 128;

    public static bool Check(string? password) => password is { Length: >= MinLength and <= MaxLength };
}
