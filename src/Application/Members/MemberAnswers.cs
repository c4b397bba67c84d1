using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;

namespace CleanTenancy.Application.Members;

/// <summary>A person who can sign in to this organization, could, or cannot for now.</summary>
public sealed record MemberDetails : IVersioned, ISubject
{
    [Required] public required UserId Id { get; init; }

    [Required] public required string Email { get; init; }

    [Required] public required string Name { get; init; }

    [Required] public required UserStatus Status { get; init; }

    /// <summary>Names of roles.</summary>
    [Required] public required IReadOnlyList<string> Roles { get; init; }

    public required DateTimeOffset? LastSignInAt { get; init; }

    /// <summary>Whether an authenticator app is asked for.</summary>
    [Required] public required bool TotpEnabled { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static MemberDetails Of(User user, IEnumerable<Role> roles) => new()
    {
        Id = user.Id,
        Email = user.Email,
        Name = user.Name,
        Status = user.Status,
        Roles = [.. roles.Select(role => role.Name).Order(StringComparer.Ordinal)],
        LastSignInAt = user.LastSignInAt,
        TotpEnabled = user.TotpConfirmedAt is not null,
        Version = user.Version,
        CreatedAt = user.CreatedAt,
    };
}

/// <summary>What of a member can be changed.</summary>
public sealed record MemberContent
{
    [Required] public string Name { get; init; } = "";

    /// <summary>Names of roles; a change needs a step up.</summary>
    [Required] public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>active or suspended: who is suspended is signed out, and may not sign in.</summary>
    [Required] public UserStatus Status { get; init; }
}

/// <summary>An invitation that was neither accepted nor revoked.</summary>
public sealed record InvitationDetails : ISubject
{
    [Required] public required InvitationId Id { get; init; }

    [Required] public required string Email { get; init; }

    /// <summary>Names of the roles that the member will have.</summary>
    [Required] public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Who answers for it: who sent it last.</summary>
    [Required] public required UserId InvitedBy { get; init; }

    /// <summary>After this the link is no good until it is resent; the seat is kept for a week.</summary>
    [Required] public required DateTimeOffset ExpiresAt { get; init; }

    [Required] public required bool Expired { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static InvitationDetails Of(Invitation invitation, IEnumerable<Role> roles, DateTimeOffset now) => new()
    {
        Id = invitation.Id,
        Email = invitation.Email,
        Roles = [.. roles.Where(role => invitation.RoleIds.Contains(role.Id.Value))
            .Select(role => role.Name).Order(StringComparer.Ordinal)],
        InvitedBy = invitation.InvitedBy,
        ExpiresAt = invitation.ExpiresAt,
        Expired = invitation.HasExpired(now),
        CreatedAt = invitation.CreatedAt,
    };
}
