using System.ComponentModel.DataAnnotations;

namespace CleanTenancy.Application.Auth;

/// <summary>What an authenticator app needs. Not asked for at sign-in until a code has confirmed it.</summary>
/// <param name="Secret">Base32 (RFC 4648), to be typed.</param>
/// <param name="Uri">otpauth://, to be shown as a QR code.</param>
public sealed record TotpEnrollment([property: Required] string Secret, [property: Required] string Uri);

/// <summary>Codes that stand in for the app, once each; shown now and never again.</summary>
public sealed record RecoveryCodes([property: Required] IReadOnlyList<string> Codes);
