using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Limits how often credentials may be tried, without locking anybody out (ADR 0028).</summary>
public interface IThrottle
{
    /// <summary>Counts the attempt, before anything costly is done with it.</summary>
    /// <returns>Null, or rate_limited with policy, limit, window and when to try again; then it is not counted.</returns>
    Error? TryEnter(Attempt attempt);

    /// <summary>It was no wrong guess: it counts no more.</summary>
    void GiveBack(Attempt attempt);

    /// <summary>It was right: it counts no more, nor do the mistakes before it from the same place.</summary>
    void Succeeded(Attempt attempt);
}

/// <summary>One try of somebody's credentials.</summary>
/// <param name="Kind">What is tried.</param>
/// <param name="Realm">The tenant's id, or the platform's name.</param>
/// <param name="Account">Whose, known or not: the normalized address; "" where the try names nobody.</param>
/// <param name="Network">From where: see <see cref="ClientNetwork"/>.</param>
/// <param name="IsKnownPlace">This account has signed in from there lately.</param>
/// <param name="At">When.</param>
public sealed record Attempt(
    AttemptKind Kind, string Realm, string Account, string Network, bool IsKnownPlace, DateTimeOffset At)
{
    /// <summary>Where operators sign in; no tenant's id.</summary>
    public const string Platform = "platform";

    /// <summary>For how long a place stays known after a sign-in.</summary>
    public static readonly TimeSpan KnownFor = TimeSpan.FromDays(30);
}

public enum AttemptKind
{
    /// <summary>A guess of a password or a code: sign-in, step-up, change of the password.</summary>
    Proof,

    /// <summary>Asking for a mail with a link.</summary>
    ForgottenPassword,

    /// <summary>Using the link.</summary>
    PasswordReset,

    /// <summary>Signing up: a mail to an address that somebody else may have named.</summary>
    SignUp,
}

/// <summary>Keeps secrets that must be read again, unlike passwords, unreadable in the database.</summary>
public interface ISecretBox
{
    /// <param name="owner">Whose it is: it opens for nobody else.</param>
    ValueTask<byte[]> SealAsync(byte[] secret, Guid owner, CancellationToken cancellationToken);

    /// <exception cref="System.Security.Cryptography.CryptographicException">
    /// Another's, changed, or under a key that is gone.
    /// </exception>
    ValueTask<byte[]> OpenAsync(byte[] box, Guid owner, CancellationToken cancellationToken);
}
