using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Events;

/// <summary>What a tenant sorts its events by: a name of its own making.</summary>
public sealed class EventCategory : ITenantOwned, IVersioned
{
    private EventCategory()
    {
    }

    public TenantId OrgId { get; private init; }

    public CategoryId Id { get; private init; }

    /// <summary>Unique in the tenant.</summary>
    public string Name { get; private set; } = "";

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public CategoryContent Content => new() { Name = Name };

    public static EventCategory Make(TenantId orgId, CategoryContent content, DateTimeOffset now) => new()
    {
        OrgId = orgId,
        Id = CategoryId.New(now),
        Name = content.Name,
        Version = 1,
        CreatedAt = now,
        UpdatedAt = now,
    };

    public void Change(CategoryContent content, DateTimeOffset now)
    {
        (Name, UpdatedAt) = (content.Name, now);
        Version++;
    }
}

/// <summary>The editable part of a category.</summary>
public sealed record CategoryContent
{
    public const int NameMaxLength = 80;

    [Required] public string Name { get; init; } = "";
}

public static class CategoryErrors
{
    public static readonly Error NameTaken = Error.Conflict("category_name_taken");

    /// <summary>An event took it while it was being deleted.</summary>
    public static readonly Error InUse = Error.Conflict("category_in_use");

    /// <summary>No category of this id, or another tenant's: both alike.</summary>
    public static readonly Error Unknown = new(ErrorKind.Unprocessable, "unknown_category");
}
