using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Files;

/// <summary>A file that is whole, in the store and counted. It never changes: there is no version.</summary>
public sealed class StoredFile : ITenantOwned
{
    private static readonly string[] Images = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    private StoredFile()
    {
    }

    public TenantId OrgId { get; private init; }

    public FileId Id { get; private init; }

    /// <summary>Cleaned (<see cref="FileName"/>).</summary>
    public string Name { get; private init; } = "";

    /// <summary>What its first bytes say (<see cref="ContentSniffer"/>), never what somebody declared.</summary>
    public string ContentType { get; private init; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; private init; }

    /// <summary>SHA-256 of the bytes: also the content's ETag.</summary>
    public byte[] Sha256 { get; private init; } = [];

    /// <summary>The person; of a key the one who made it.</summary>
    public UserId CreatedBy { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>Whether a browser may be given it as a picture.</summary>
    public bool IsImage => IsImageType(ContentType);

    public static bool IsImageType(string contentType) => Images.Contains(contentType);

    public static StoredFile Of(Upload upload, string name, FileContentFacts facts, UserId by, DateTimeOffset now) =>
        new()
        {
            OrgId = upload.OrgId,
            Id = upload.Id,
            Name = name,
            ContentType = facts.ContentType,
            Size = facts.Size,
            Sha256 = facts.Sha256,
            CreatedBy = by,
            CreatedAt = now,
        };
}

/// <summary>What is known of bytes once all of them have passed.</summary>
public sealed record FileContentFacts(string ContentType, long Size, byte[] Sha256);

/// <summary>
/// A file on its way into the store. Its row holds the quota, and says until it is deleted that there may be bytes to be
/// erased: it goes after them, or in the transaction that makes the file of it.
/// </summary>
public sealed class Upload : ITenantOwned
{
    private Upload()
    {
    }

    public TenantId OrgId { get; private init; }

    /// <summary>The file's, if it becomes one.</summary>
    public FileId Id { get; private init; }

    /// <summary>Bytes reserved so far: no more than the file has, for the rest is reserved when all have come.</summary>
    public long Reserved { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    public static Upload Expect(TenantId orgId, long reserved, DateTimeOffset now) =>
        Expect(orgId, FileId.New(now), reserved, now);

    public static Upload Expect(TenantId orgId, FileId id, long reserved, DateTimeOffset now) =>
        new() { OrgId = orgId, Id = id, Reserved = reserved, CreatedAt = now };
}
