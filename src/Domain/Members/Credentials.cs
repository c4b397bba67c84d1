using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

/// <summary>A secret that was sent to a person once: good once, for a short time, for one purpose.</summary>
public sealed class OneTimeToken : ITenantOwned
{
    /// <summary>Of a link that resets a password.</summary>
    public static readonly TimeSpan ResetLifetime = TimeSpan.FromMinutes(30);

    private OneTimeToken()
    {
    }

    public TenantId OrgId { get; private init; }

    /// <summary>SHA-256 of the token; the token itself is in the mail and nowhere else.</summary>
    public byte[] Hash { get; private init; } = [];

    public UserId UserId { get; private init; }

    public OneTimePurpose Purpose { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private init; }

    public DateTimeOffset? UsedAt { get; private set; }

    public static OneTimeToken Issue(
        TenantId orgId, UserId userId, OneTimePurpose purpose, byte[] hash, TimeSpan lifetime, DateTimeOffset now) => new()
        {
            OrgId = orgId,
            Hash = hash,
            UserId = userId,
            Purpose = purpose,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
}

/// <summary>What a one-time token opens.</summary>
public enum OneTimePurpose
{
    PasswordReset,
}

/// <summary>Stands in for the authenticator app, once.</summary>
public sealed class RecoveryCode : ITenantOwned
{
    /// <summary>How many a person has.</summary>
    public const int Count = 10;

    private RecoveryCode()
    {
    }

    public TenantId OrgId { get; private init; }

    public UserId UserId { get; private init; }

    /// <summary>SHA-256 of the code.</summary>
    public byte[] Hash { get; private init; } = [];

    public DateTimeOffset? UsedAt { get; private set; }

    public static RecoveryCode Make(TenantId orgId, UserId userId, byte[] hash) =>
        new() { OrgId = orgId, UserId = userId, Hash = hash };
}
