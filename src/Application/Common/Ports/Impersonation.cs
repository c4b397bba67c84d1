using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>
/// Operators who act as a member: the one place where the platform writes into a tenant, bound to it and as its own
/// log's actor.
/// </summary>
public interface IImpersonations
{
    /// <summary>Starts a session of the member, and records it in the tenant's log and in the platform's.</summary>
    /// <returns>not_found for an unknown or purged tenant, and for who is no active member of it.</returns>
    Task<Result<ImpersonationSession>> StartAsync(
        TenantId org, UserId user, string reason, TimeSpan lifetime, CancellationToken cancellationToken);
}

/// <param name="Slug">Of the tenant: its host's first label.</param>
public sealed record ImpersonationSession(
    TenantId OrgId, string Slug, UserId UserId, SessionId Id, DateTimeOffset ExpiresAt);

/// <summary>Access tokens that say who really acts (RFC 8693, 4.1).</summary>
public interface IImpersonationTokens
{
    /// <summary>Good for as long as the session: nothing prolongs either.</summary>
    string IssueAccess(ImpersonationSession session, OperatorId actor, DateTimeOffset now);
}
