using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

/// <summary>One sign-in of one person on one device; the family of its refresh tokens.</summary>
public sealed class Session : ITenantOwned
{
    /// <summary>However often it is refreshed, a session ends after this (RFC 9700, 4.14).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    public const int UserAgentMaxLength = 200, ReasonMaxLength = 500;

    private Session()
    {
    }

    public TenantId OrgId { get; private init; }

    public SessionId Id { get; private init; }

    public UserId UserId { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private init; }

    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>Why: signed_out, refresh_token_reused.</summary>
    public string? RevokedReason { get; private set; }

    /// <summary>The address it was started from.</summary>
    public string ClientAddress { get; private init; } = "";

    /// <summary>The program it was started with, as it named itself.</summary>
    public string UserAgent { get; private init; } = "";

    /// <summary>When the person last proved who they are: what needs a step up asks for a recent proof.</summary>
    public DateTimeOffset AuthenticatedAt { get; private set; }

    public DateTimeOffset LastUsedAt { get; private set; }

    /// <summary>The operator who acts as this person; null for the person.</summary>
    public OperatorId? ImpersonatorId { get; private init; }

    public string? ImpersonationReason { get; private init; }

    public static Session Start(
        TenantId orgId, UserId userId, string clientAddress, DateTimeOffset now, string userAgent = "") => new()
        {
            OrgId = orgId,
            Id = SessionId.New(now),
            UserId = userId,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
            ClientAddress = clientAddress,
            UserAgent = Short(userAgent),
            AuthenticatedAt = now,
            LastUsedAt = now,
        };

    /// <summary>An operator acts as a person, for a reason and not for long; nothing prolongs it.</summary>
    public static Session Impersonate(
        User user, OperatorId impersonator, string reason, TimeSpan lifetime, string clientAddress, string userAgent,
        DateTimeOffset now) => new()
        {
            OrgId = user.OrgId,
            Id = SessionId.New(now),
            UserId = user.Id,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
            ClientAddress = clientAddress,
            UserAgent = Short(userAgent),
            AuthenticatedAt = now,
            LastUsedAt = now,
            ImpersonatorId = impersonator,
            ImpersonationReason = reason,
        };

    private static string Short(string userAgent) =>
        userAgent.Length > UserAgentMaxLength ? userAgent[..UserAgentMaxLength] : userAgent;
}

/// <summary>One link of a session's chain: used once, then it answers for nothing but its own theft.</summary>
public sealed class RefreshToken : ITenantOwned
{
    /// <summary>Unused for this long, the session ends.</summary>
    public static readonly TimeSpan IdleLifetime = TimeSpan.FromDays(7);

    /// <summary>
    /// For so long after its use it brings the same successor again: a phone with a bad line is no thief.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private RefreshToken()
    {
    }

    public TenantId OrgId { get; private init; }

    /// <summary>SHA-256 of the token; the token itself is never stored.</summary>
    public byte[] Hash { get; private init; } = [];

    public SessionId SessionId { get; private init; }

    public DateTimeOffset IssuedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private init; }

    public DateTimeOffset? UsedAt { get; private set; }

    /// <summary>The token that followed, readable with this token only: a client that lost the answer gets it again.</summary>
    public byte[]? Successor { get; private set; }

    public static RefreshToken Issue(Session session, byte[] hash, DateTimeOffset now) =>
        Issue(session.OrgId, session.Id, session.ExpiresAt, hash, now);

    public static RefreshToken Issue(
        TenantId orgId, SessionId sessionId, DateTimeOffset sessionExpiresAt, byte[] hash, DateTimeOffset now) => new()
        {
            OrgId = orgId,
            Hash = hash,
            SessionId = sessionId,
            IssuedAt = now,
            ExpiresAt = now + IdleLifetime < sessionExpiresAt ? now + IdleLifetime : sessionExpiresAt,
        };
}
