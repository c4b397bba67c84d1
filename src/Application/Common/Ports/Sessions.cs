namespace CleanTenancy.Application.Common.Ports;

/// <summary>Keeps the token that followed where only the holder of the one before can read it.</summary>
public interface ISuccessors
{
    /// <summary>Encrypts the next token under a key derived from the one before.</summary>
    byte[] Seal(string token, string next);

    /// <returns>Null if it was sealed under another token, or changed.</returns>
    string? Open(string token, byte[] sealedNext);
}

/// <summary>The public halves of the keys that access tokens are verified with (RFC 7517).</summary>
public interface IPublicKeys
{
    IReadOnlyList<PublicKey> Current { get; }
}

/// <summary>A point on P-256.</summary>
/// <param name="Id">Its kid.</param>
/// <param name="X">Base64url.</param>
/// <param name="Y">Base64url.</param>
public sealed record PublicKey(string Id, string X, string Y);
