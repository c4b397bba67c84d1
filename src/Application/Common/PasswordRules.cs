using System.Collections.Frozen;
using System.Text;
using CleanTenancy.Domain.Common;
using FluentValidation;

namespace CleanTenancy.Application.Common;

/// <summary>
/// What a password may be (NIST SP 800-63B-4, 3.1.1.2): long, not common, not the person's or the tenant's name; no
/// rules of composition. Counted in code points of its normalized form.
/// </summary>
internal static class PasswordRules
{
    public const int MinLength = 15, MaxLength = 128;

    /// <summary>For an account that asks for an authenticator app's code too.</summary>
    public const int MinLengthWithTotp = 8;

    /// <summary>UTF-16 units of any text of MaxLength code points; what is longer is not worth normalizing.</summary>
    private const int MaxUnits = 4 * MaxLength;

    private static readonly Lazy<FrozenSet<string>> Common = new(LoadCommon);

    public static int CommonCount => Common.Value.Count;

    /// <summary>A password somebody signs in with: nothing but its size is looked at.</summary>
    public static IRuleBuilderOptions<T, string> IsPassword<T>(this IRuleBuilder<T, string> rule) =>
        rule.NotEmpty().Must(password => password is null || LengthOf(password) <= MaxLength).Saying(
            "password_too_long", "At most 128 characters are expected.", "128자 이하여야 합니다.");

    /// <summary>
    /// A new password, as far as its shape goes; <see cref="Refusal(string, string, bool, Tenant, string)"/> looks at the
    /// rest.
    /// </summary>
    public static IRuleBuilderOptions<T, string> IsNewPassword<T>(
        this IRuleBuilder<T, string> rule, int minLength = MinLength) =>
        rule.IsPassword()
            .Must(password => password is null || LengthOf(password) >= minLength).Saying(
                "password_too_short",
                "At least 15 characters are expected; 8 for an account with an authenticator app.",
                "15자 이상이어야 합니다. 인증 앱을 사용하는 계정은 8자 이상이어야 합니다.")
            .Must(password => password is null || !IsCommon(password)).Saying(
                "password_common", "This password is one of the most common.", "너무 흔한 비밀번호입니다.");

    /// <param name="pointer">Where the password stands in the body.</param>
    /// <returns>Null when this person may have this password.</returns>
    public static Error? Refusal(string pointer, string password, bool hasTotp, Tenant tenant, string email) =>
        Refusal(pointer, password, hasTotp, tenant.Name, tenant.Slug, email);

    /// <inheritdoc cref="Refusal(string, string, bool, Tenant, string)"/>
    public static Error? Refusal(
        string pointer, string password, bool hasTotp, string tenant, string slug, string email) =>
        LengthOf(password) < (hasTotp ? MinLengthWithTotp : MinLength)
            ? Error.Validation(new Failure(pointer, "password_too_short", TextRules.Say(
                "At least 15 characters are expected; 8 for an account with an authenticator app.",
                "15자 이상이어야 합니다. 인증 앱을 사용하는 계정은 8자 이상이어야 합니다.")))
            : Names(tenant, slug, email, email[..Math.Max(0, email.LastIndexOf('@'))])
                .Any(name => IsMadeOf(password, name))
                ? Error.Validation(new Failure(pointer, "password_personal", TextRules.Say(
                    "Your own name or the organization's is no password.",
                    "본인 또는 조직의 이름은 비밀번호로 사용할 수 없습니다.")))
                : null;

    public static bool IsCommon(string password) => Common.Value.Contains(Fold(password));

    /// <summary>Code points after NFKC.</summary>
    public static int LengthOf(string password) =>
        password.Length > MaxUnits ? int.MaxValue : OneForm(password).EnumerateRunes().Count();

    private static IEnumerable<string> Names(params IEnumerable<string> names) => names;

    /// <summary>The name alone, once or repeated; figures and signs around it do not help.</summary>
    private static bool IsMadeOf(string password, string name)
    {
        var (letters, word) = (Letters(password), Letters(name));
        return word.Length > 0 && letters.Length > 0 && letters.Replace(word, "", StringComparison.Ordinal).Length == 0;
    }

    private static string Letters(string text) => new([.. Fold(text).Where(char.IsLetter)]);

    private static string Fold(string text) => OneForm(text).ToLowerInvariant();

    /// <summary>Normalize throws for U+FFFE and lone surrogates: such a text stays as it is.</summary>
    private static string OneForm(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return text;
        }
    }

    private static FrozenSet<string> LoadCommon()
    {
        using var stream = typeof(PasswordRules).Assembly.GetManifestResourceStream("CommonPasswords.txt")
            ?? throw new InvalidOperationException("CommonPasswords.txt is not in the assembly.");
        using var reader = new StreamReader(stream);
        var words = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith("# ", StringComparison.Ordinal))
                words.Add(line);
        return words.ToFrozenSet(StringComparer.Ordinal);
    }
}
