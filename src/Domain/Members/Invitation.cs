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

    public UserId InvitedBy { get; private init; }

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
}
