using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Makes keys of programs: ct_{prefix}_{secret}.</summary>
public interface IApiKeySecrets
{
    ApiKeySecret New();
}

/// <param name="Key">The whole key, shown once.</param>
/// <param name="Prefix">Its part that is no secret.</param>
/// <param name="Hash">SHA-256 of the secret.</param>
public sealed record ApiKeySecret(string Key, string Prefix, byte[] Hash);

/// <summary>Who stands behind a key now.</summary>
public interface IApiKeyDirectory
{
    /// <summary>Whether a bearer token names itself a key, whatever it is worth.</summary>
    bool IsKey(string token);

    /// <returns>
    /// Null for unknown, wrong, revoked, expired and another tenant's, and when its maker may not sign in any more.
    /// </returns>
    ValueTask<Member?> FindAsync(TenantId org, string token);
}
