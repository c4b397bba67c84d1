using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>A host name that may be a tenant's, as it is looked up.</summary>
/// <param name="Name">The slug, or the whole custom domain as lower-case A-labels.</param>
/// <param name="IsSlug">The label in front of the base domain.</param>
public readonly record struct HostKey(string Name, bool IsSlug);

/// <summary>Finds tenants by host.</summary>
public interface ITenantDirectory
{
    /// <returns>Null for unknown, unverified and purged: all alike.</returns>
    Task<Tenant?> FindAsync(HostKey host);

    void Forget(TenantId org);
}

/// <summary>What a valid access token says.</summary>
/// <param name="OrgId">Its one audience.</param>
public sealed record AccessTicket(
    TenantId OrgId, UserId UserId, SessionId SessionId, DateTimeOffset ExpiresAt, TokenVersions Versions = default);

/// <summary>Checks access tokens (RFC 9068, RFC 8725).</summary>
public interface IAccessTokenReader
{
    /// <returns>Null for anything but a valid token of ours.</returns>
    ValueTask<AccessTicket?> ReadAsync(string token);
}

/// <summary>Who stands behind a session now.</summary>
public interface ISessionDirectory
{
    /// <returns>Null when the session has ended, or its user may not sign in any more.</returns>
    ValueTask<Member?> FindAsync(AccessTicket ticket);
}

/// <summary>Whether this instance may take requests.</summary>
public interface IReadiness
{
    /// <returns>What is wrong; empty when ready.</returns>
    Task<IReadOnlyList<ReadinessProblem>> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>Why an instance takes no requests.</summary>
/// <param name="Rule">What does not hold: anybody may read it.</param>
/// <param name="Detail">Where it does not: for the log, and for operators.</param>
public sealed record ReadinessProblem(string Rule, string Detail);

/// <summary>Makes a scope the platform's own: for sweeps, which no client can send.</summary>
public interface ISystemCaller
{
    void BecomeSystem();
}
