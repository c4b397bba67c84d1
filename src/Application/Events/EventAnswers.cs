using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.Application.Events;

/// <summary>An event with everything an organizer may see.</summary>
public sealed record EventDetails : IVersioned, ISubject
{
    [Required] public required EventId Id { get; init; }

    [Required] public required string Slug { get; init; }

    [Required] public required EventStatus Status { get; init; }

    /// <summary>By the clock: upcoming, ongoing or ended.</summary>
    [Required] public EventLifecycle Lifecycle { get; init; }

    [Required] public required string Title { get; init; }

    public required string? Description { get; init; }

    [Required] public required DateTimeOffset StartsAt { get; init; }

    [Required] public required DateTimeOffset EndsAt { get; init; }

    [Required] public required string TimeZone { get; init; }

    /// <summary>Places; null is unlimited.</summary>
    public required int? Capacity { get; init; }

    /// <summary>Registrations held or active.</summary>
    [Required] public required int Registered { get; init; }

    [Required] public required AttendanceMode AttendanceMode { get; init; }

    public required Venue? Venue { get; init; }

    public required string? OnlineUrl { get; init; }

    [Required] public required Visibility Visibility { get; init; }

    public required DateTimeOffset? SalesStartAt { get; init; }

    public required DateTimeOffset? SalesEndAt { get; init; }

    public required string? ContactEmail { get; init; }

    public required CategoryId? CategoryId { get; init; }

    /// <summary>The image is at the event's cover.</summary>
    public required FileId? CoverFileId { get; init; }

    public required IReadOnlyDictionary<string, EventTranslation>? Translations { get; init; }

    [Required] public required string Currency { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal EventDetails At(DateTimeOffset now) =>
        this with { Lifecycle = Event.LifecycleAt(now, StartsAt, EndsAt) };

    internal static EventDetails Of(Event e, DateTimeOffset now) => FromRow(e).At(now);

    internal static readonly Expression<Func<Event, EventDetails>> Projection = e => new EventDetails
    {
        Id = e.Id,
        Slug = e.Slug,
        Status = e.Status,
        Title = e.Title,
        Description = e.Description,
        StartsAt = e.StartsAt,
        EndsAt = e.EndsAt,
        TimeZone = e.TimeZone,
        Capacity = e.Capacity,
        Registered = e.Registered,
        AttendanceMode = e.AttendanceMode,
        Venue = e.VenueName == null ? null : new Venue { Name = e.VenueName, Address = e.VenueAddress },
        OnlineUrl = e.OnlineUrl,
        Visibility = e.Visibility,
        SalesStartAt = e.SalesStartAt,
        SalesEndAt = e.SalesEndAt,
        ContactEmail = e.ContactEmail,
        CategoryId = e.CategoryId,
        CoverFileId = e.CoverFileId,
        Translations = e.Translations,
        Currency = e.Currency,
        Version = e.Version,
        CreatedAt = e.CreatedAt,
        UpdatedAt = e.UpdatedAt,
    };

    private static readonly Func<Event, EventDetails> FromRow = Projection.Compile();
}

/// <summary>An event in a list. One that was deleted appears in delta lists only, with the status "deleted".</summary>
public sealed record EventSummary
{
    [Required] public required EventId Id { get; init; }

    [Required] public required string Slug { get; init; }

    [Required] public required EventStatus Status { get; init; }

    /// <summary>By the clock: upcoming, ongoing or ended.</summary>
    [Required] public EventLifecycle Lifecycle { get; init; }

    [Required] public required string Title { get; init; }

    [Required] public required DateTimeOffset StartsAt { get; init; }

    [Required] public required DateTimeOffset EndsAt { get; init; }

    [Required] public required string TimeZone { get; init; }

    public required int? Capacity { get; init; }

    [Required] public required int Registered { get; init; }

    [Required] public required AttendanceMode AttendanceMode { get; init; }

    [Required] public required Visibility Visibility { get; init; }

    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    internal EventSummary At(DateTimeOffset now) =>
        this with { Lifecycle = Event.LifecycleAt(now, StartsAt, EndsAt) };

    internal static readonly Expression<Func<Event, EventSummary>> Projection = e => new EventSummary
    {
        Id = e.Id,
        Slug = e.Slug,
        Status = e.Status,
        Title = e.Title,
        StartsAt = e.StartsAt,
        EndsAt = e.EndsAt,
        TimeZone = e.TimeZone,
        Capacity = e.Capacity,
        Registered = e.Registered,
        AttendanceMode = e.AttendanceMode,
        Visibility = e.Visibility,
        Version = e.Version,
        CreatedAt = e.CreatedAt,
        UpdatedAt = e.UpdatedAt,
    };
}
