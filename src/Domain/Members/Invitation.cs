using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

/// <summary>An offer to become a member, sent by mail. An open one keeps a seat.</summary>
public sealed class Invitation : ITenantOwned, IVersioned
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private Invitation()
    {
    }

    public TenantId OrgId { get; private init; }

    public InvitationId Id { get; private init; }

    public string Email { get; private init; } = "";

    /// <summary>As it is compared: one open invitation for each.</summary>
    public string NormalizedEmail { get; private init; } = "";

    /// <summary>The roles that the member will have.</summary>
    public Guid[] RoleIds { get; private set; } = [];

    /// <summary>SHA-256 of the token in the newest mail.</summary>
    public byte[] TokenHash { get; private set; } = [];

    /// <summary>Who answers for it: the roles are given as far as this person has what they hold.</summary>
    public UserId InvitedBy { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    public DateTimeOffset? AcceptedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public static Invitation Send(
        TenantId orgId, string email, IEnumerable<RoleId> roles, byte[] tokenHash, UserId invitedBy, DateTimeOffset now) =>
        new()
        {
            OrgId = orgId,
            Id = InvitationId.New(now),
            Email = email,
            NormalizedEmail = EmailAddress.Normalize(email),
            RoleIds = [.. roles.Select(role => role.Value)],
            TokenHash = tokenHash,
            InvitedBy = invitedBy,
            ExpiresAt = now + Lifetime,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };

    /// <summary>Neither accepted nor revoked; it may have expired.</summary>
    public bool IsOpen => AcceptedAt is null && RevokedAt is null;

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>A new token, and seven days anew; who resends it answers for it.</summary>
    public void Resend(byte[] tokenHash, UserId by, DateTimeOffset now)
    {
        (TokenHash, InvitedBy, ExpiresAt) = (tokenHash, by, now + Lifetime);
        Touch(now);
    }

    public void Revoke(DateTimeOffset now)
    {
        RevokedAt = now;
        Touch(now);
    }

    /// <summary>The role is no more.</summary>
    public void Drop(RoleId role, DateTimeOffset now)
    {
        RoleIds = [.. RoleIds.Where(id => id != role.Value)];
        Touch(now);
    }

    private void Touch(DateTimeOffset now)
    {
        UpdatedAt = now;
        Version++;
    }
}
