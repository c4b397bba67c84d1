using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

public enum UserStatus
{
    Active,

    /// <summary>Keeps the seat and may not sign in.</summary>
    Suspended,

    /// <summary>Gives the seat back; can be restored.</summary>
    Removed,
}

/// <summary>A person who signs in to one tenant; the same address at another tenant is another user.</summary>
public sealed class User : ITenantOwned, IVersioned
{
    public const int NameMaxLength = 200;

    private readonly List<UserRole> _roles = [];

    private User()
    {
    }

    public TenantId OrgId { get; private init; }

    public UserId Id { get; private init; }

    /// <summary>As the person wrote it.</summary>
    public string Email { get; private set; } = "";

    /// <summary>As it is compared: see <see cref="EmailAddress.Normalize"/>.</summary>
    public string NormalizedEmail { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>PHC string: algorithm, parameters, salt, hash.</summary>
    public string PasswordHash { get; private set; } = "";

    public UserStatus Status { get; private set; }

    public DateTimeOffset? LastSignInAt { get; private set; }

    public DateTimeOffset PasswordChangedAt { get; private set; }

    /// <summary>Of the authenticator app (RFC 6238): 20 bytes; null without one.</summary>
    public byte[]? TotpSecret { get; private set; }

    /// <summary>When the app proved that it has the secret; until then it is not asked for.</summary>
    public DateTimeOffset? TotpConfirmedAt { get; private set; }

    /// <summary>The last time step that was used: a code is good once (RFC 6238, 5.2).</summary>
    public long? TotpLastStep { get; private set; }

    /// <summary>An authenticator app is asked for at sign-in.</summary>
    public bool HasTotp => TotpConfirmedAt is not null;

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public IReadOnlyList<UserRole> Roles => _roles;

    public static User Join(
        TenantId orgId, string email, string name, string passwordHash, IEnumerable<RoleId> roles, DateTimeOffset now)
    {
        var id = UserId.New(now);
        var user = new User
        {
            OrgId = orgId,
            Id = id,
            Email = email,
            NormalizedEmail = EmailAddress.Normalize(email),
            Name = name,
            PasswordHash = passwordHash,
            PasswordChangedAt = now,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        user._roles.AddRange(roles.Select(role => new UserRole(orgId, id, role)));
        return user;
    }

    public void Rename(string name, DateTimeOffset now)
    {
        if (name == Name) return;

        Name = name;
        Touch(now);
    }

    /// <summary>The roles are rows of their own; that they are others is a change of the member.</summary>
    public void RolesChanged(DateTimeOffset now) => Touch(now);

    public Error? Suspend(DateTimeOffset now) =>
        Status is UserStatus.Active ? Become(UserStatus.Suspended, now) : Refuse("suspend");

    public Error? Reinstate(DateTimeOffset now) =>
        Status is UserStatus.Suspended ? Become(UserStatus.Active, now) : Refuse("reinstate");

    public Error? Remove(DateTimeOffset now) =>
        Status is UserStatus.Removed ? Refuse("remove") : Become(UserStatus.Removed, now);

    public Error? Restore(DateTimeOffset now) =>
        Status is UserStatus.Removed ? Become(UserStatus.Active, now) : Refuse("restore");

    /// <summary>Comes back by an invitation: as new, but for the id, which the log knows.</summary>
    public Error? Rejoin(string email, string name, string passwordHash, DateTimeOffset now)
    {
        if (Restore(now) is { } refusal) return refusal;

        (Email, Name, PasswordHash, PasswordChangedAt) = (email, name, passwordHash, now);
        (TotpSecret, TotpConfirmedAt, TotpLastStep) = (null, null, null);
        return null;
    }

    private Error? Become(UserStatus status, DateTimeOffset now)
    {
        Status = status;
        Touch(now);
        return null;
    }

    private Error Refuse(string trigger) => Error.InvalidTransition(Status switch
    {
        UserStatus.Active => "active",
        UserStatus.Suspended => "suspended",
        UserStatus.Removed => "removed",
        _ => throw new InvalidOperationException($"The status {Status} has no word."),
    }, trigger);

    private void Touch(DateTimeOffset now)
    {
        UpdatedAt = now;
        Version++;
    }
}

/// <summary>Gives a user a role.</summary>
public sealed class UserRole(TenantId orgId, UserId userId, RoleId roleId) : ITenantOwned
{
    public TenantId OrgId { get; private init; } = orgId;

    public UserId UserId { get; private init; } = userId;

    public RoleId RoleId { get; private init; } = roleId;
}

/// <summary>A named set of permissions of one tenant.</summary>
public sealed class Role : ITenantOwned, IVersioned
{
    public const int NameMaxLength = 60;

    private Role()
    {
    }

    public TenantId OrgId { get; private init; }

    public RoleId Id { get; private init; }

    public string Name { get; private set; } = "";

    public string[] Permissions { get; private set; } = [];

    public bool BuiltIn { get; private init; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public static Role Make(TenantId orgId, string name, IEnumerable<string> permissions, DateTimeOffset now) => new()
    {
        OrgId = orgId,
        Id = RoleId.New(now),
        Name = name,
        Permissions = Ordered(permissions),
        Version = 1,
        CreatedAt = now,
    };

    public static Role FromBuiltIn(TenantId orgId, string name, DateTimeOffset now) => new()
    {
        OrgId = orgId,
        Id = RoleId.New(now),
        Name = name,
        Permissions = [.. BuiltInRoles.All[name]],
        BuiltIn = true,
        Version = 1,
        CreatedAt = now,
    };

    public Error? Change(string name, IEnumerable<string> permissions)
    {
        if (BuiltIn) return MemberErrors.RoleBuiltIn;

        (Name, Permissions) = (name, Ordered(permissions));
        Version++;
        return null;
    }

    private static string[] Ordered(IEnumerable<string> permissions) =>
        [.. permissions.Distinct().Order(StringComparer.Ordinal)];
}
