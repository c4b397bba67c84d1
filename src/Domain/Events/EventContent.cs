using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Events;

public enum AttendanceMode
{
    InPerson,
    Online,
    Hybrid,
}

public enum Visibility
{
    Public,
    Unlisted,
    Private,
}

/// <summary>Where an event takes place.</summary>
public sealed record Venue
{
    public const int NameMaxLength = 200, AddressMaxLength = 500;

    [Required]
    public string Name { get; init; } = "";

    public string? Address { get; init; }
}

/// <summary>An event's words in another language.</summary>
public sealed record EventTranslation
{
    [Required]
    public string Title { get; init; } = "";

    public string? Description { get; init; }
}

/// <summary>What an organizer may write about an event.</summary>
public sealed record EventContent
{
    public const int TitleMaxLength = 200, DescriptionMaxLength = 20_000, OnlineUrlMaxLength = 2_000,
        TranslationsMax = 20, CapacityMax = 1_000_000;

    [Required]
    public string Title { get; init; } = "";

    public string? Description { get; init; }

    [Required]
    public DateTimeOffset StartsAt { get; init; }

    /// <summary>After startsAt.</summary>
    [Required]
    public DateTimeOffset EndsAt { get; init; }

    /// <summary>IANA time zone name; the tenant's when absent.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Places; null is unlimited.</summary>
    public int? Capacity { get; init; }

    public AttendanceMode AttendanceMode { get; init; }

    public Venue? Venue { get; init; }

    public string? OnlineUrl { get; init; }

    public Visibility Visibility { get; init; }

    public DateTimeOffset? SalesStartAt { get; init; }

    public DateTimeOffset? SalesEndAt { get; init; }

    public string? ContactEmail { get; init; }

    /// <summary>One of this organization's.</summary>
    public CategoryId? CategoryId { get; init; }

    /// <summary>A file of this organization that is an image: PNG, JPEG, GIF or WebP.</summary>
    public FileId? CoverFileId { get; init; }

    /// <summary>By BCP 47 language tag.</summary>
    public IReadOnlyDictionary<string, EventTranslation>? Translations { get; init; }
}
