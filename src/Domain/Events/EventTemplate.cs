using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Events;

/// <summary>A pattern that new events are made from: all that an event has but its dates.</summary>
public sealed class EventTemplate : ITenantOwned, IVersioned
{
    private EventTemplate()
    {
    }

    public TenantId OrgId { get; private init; }

    public EventTemplateId Id { get; private init; }

    /// <summary>Unique in the tenant.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Of the events that are made from it.</summary>
    public string Title { get; private set; } = "";

    public string? Description { get; private set; }

    public int DurationMinutes { get; private set; }

    public int? Capacity { get; private set; }

    public AttendanceMode AttendanceMode { get; private set; }

    public string? VenueName { get; private set; }

    public string? VenueAddress { get; private set; }

    public string? OnlineUrl { get; private set; }

    public Visibility Visibility { get; private set; }

    public string? ContactEmail { get; private set; }

    public CategoryId? CategoryId { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>The editable part as it is now.</summary>
    public EventTemplateContent Content => new()
    {
        Name = Name,
        Title = Title,
        Description = Description,
        DurationMinutes = DurationMinutes,
        Capacity = Capacity,
        AttendanceMode = AttendanceMode,
        Venue = VenueName is null ? null : new Venue { Name = VenueName, Address = VenueAddress },
        OnlineUrl = OnlineUrl,
        Visibility = Visibility,
        ContactEmail = ContactEmail,
        CategoryId = CategoryId,
    };

    public static EventTemplate Make(TenantId orgId, EventTemplateContent content, DateTimeOffset now)
    {
        var made = new EventTemplate
        {
            OrgId = orgId,
            Id = EventTemplateId.New(now),
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        made.Write(content);
        return made;
    }

    public void Change(EventTemplateContent content, DateTimeOffset now)
    {
        Write(content);
        UpdatedAt = now;
        Version++;
    }

    private void Write(EventTemplateContent content)
    {
        Name = content.Name;
        Title = content.Title;
        Description = content.Description;
        DurationMinutes = content.DurationMinutes;
        Capacity = content.Capacity;
        AttendanceMode = content.AttendanceMode;
        VenueName = content.Venue?.Name;
        VenueAddress = content.Venue?.Address;
        OnlineUrl = content.OnlineUrl;
        Visibility = content.Visibility;
        ContactEmail = content.ContactEmail;
        CategoryId = content.CategoryId;
    }
}

/// <summary>The editable part of a template.</summary>
public sealed record EventTemplateContent
{
    public const int NameMaxLength = 80, MaxDurationMinutes = 60 * 24 * 30;

    [Required] public string Name { get; init; } = "";

    [Required] public string Title { get; init; } = "";

    public string? Description { get; init; }

    /// <summary>From the start of an event to its end.</summary>
    public int DurationMinutes { get; init; } = 60;

    public int? Capacity { get; init; }

    public AttendanceMode AttendanceMode { get; init; }

    public Venue? Venue { get; init; }

    public string? OnlineUrl { get; init; }

    public Visibility Visibility { get; init; }

    public string? ContactEmail { get; init; }

    public CategoryId? CategoryId { get; init; }
}

public static class EventTemplateErrors
{
    public static readonly Error NameTaken = Error.Conflict("event_template_name_taken");
}
