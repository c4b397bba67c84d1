using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Members;

/// <summary>A key of a program: acts for the tenant, with permissions of its own.</summary>
public sealed class ApiKey : ITenantOwned, IVersioned
{
    public const int NameMaxLength = 100, PrefixLength = 12;

    private ApiKey()
    {
    }

    public TenantId OrgId { get; private init; }

    public ApiKeyId Id { get; private init; }

    public string Name { get; private init; } = "";

    /// <summary>Shown in lists, so that a key can be recognised; not secret.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>SHA-256 of the secret, which was shown once.</summary>
    public byte[] SecretHash { get; private init; } = [];

    public string[] Permissions { get; private init; } = [];

    public UserId CreatedBy { get; private init; }

    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>To the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public static ApiKey Issue(
        TenantId orgId, string name, string prefix, byte[] secretHash, IEnumerable<string> permissions, UserId createdBy,
        DateTimeOffset? expiresAt, DateTimeOffset now) => new()
        {
            OrgId = orgId,
            Id = ApiKeyId.New(now),
            Name = name,
            Prefix = prefix,
            SecretHash = secretHash,
            Permissions = [.. permissions.Order(StringComparer.Ordinal)],
            CreatedBy = createdBy,
            ExpiresAt = expiresAt,
            Version = 1,
            CreatedAt = now,
        };
}
