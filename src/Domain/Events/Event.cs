using System.Globalization;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Events;

public enum EventStatus
{
    Draft,
    Live,
    Archived,
    Cancelled,

    /// <summary>A tombstone: shown to delta lists only (ADR 0014).</summary>
    Deleted,
}

/// <summary>Derived from the clock, never stored.</summary>
public enum EventLifecycle
{
    Upcoming,
    Ongoing,
    Ended,
}

/// <summary>What a tenant organizes: draft, live, archived, or cancelled.</summary>
public sealed class Event : ITenantOwned, IVersioned
{
    private Event()
    {
    }

    public TenantId OrgId { get; private init; }

    public EventId Id { get; private init; }

    /// <summary>In public addresses; unique in the tenant, and never changed.</summary>
    public string Slug { get; private init; } = "";

    public EventStatus Status { get; private set; }

    public string Title { get; private set; } = "";

    public string? Description { get; private set; }

    public DateTimeOffset StartsAt { get; private set; }

    public DateTimeOffset EndsAt { get; private set; }

    public string TimeZone { get; private set; } = "";

    public int? Capacity { get; private set; }

    /// <summary>
    /// Registrations held or active: reserved and released by one conditional UPDATE, never by this class.
    /// </summary>
    public int Registered { get; private set; }

    public AttendanceMode AttendanceMode { get; private set; }

    public string? VenueName { get; private set; }

    public string? VenueAddress { get; private set; }

    public string? OnlineUrl { get; private set; }

    public Visibility Visibility { get; private set; }

    public DateTimeOffset? SalesStartAt { get; private set; }

    public DateTimeOffset? SalesEndAt { get; private set; }

    public string? ContactEmail { get; private set; }

    public CategoryId? CategoryId { get; private set; }

    public FileId? CoverFileId { get; private set; }

    public IReadOnlyDictionary<string, EventTranslation>? Translations { get; private set; }

    /// <summary>The tenant's when the event was made: prices of sold tickets must not change their meaning.</summary>
    public string Currency { get; private init; } = "";

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>The editable part as it is now.</summary>
    public EventContent Content => new()
    {
        Title = Title,
        Description = Description,
        StartsAt = StartsAt,
        EndsAt = EndsAt,
        TimeZone = TimeZone,
        Capacity = Capacity,
        AttendanceMode = AttendanceMode,
        Venue = VenueName is null ? null : new Venue { Name = VenueName, Address = VenueAddress },
        OnlineUrl = OnlineUrl,
        Visibility = Visibility,
        SalesStartAt = SalesStartAt,
        SalesEndAt = SalesEndAt,
        ContactEmail = ContactEmail,
        CategoryId = CategoryId,
        CoverFileId = CoverFileId,
        Translations = Translations,
    };

    public static Event Draft(
        TenantId orgId, EventContent content, string tenantTimeZone, string currency, DateTimeOffset now)
    {
        var id = EventId.New(now);
        var draft = new Event
        {
            OrgId = orgId,
            Id = id,
            Slug = SlugFor(content.Title, id),
            Status = EventStatus.Draft,
            TimeZone = tenantTimeZone,
            Currency = currency,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        draft.Write(content, tenantTimeZone);
        return draft;
    }

    /// <summary>Replaces the editable part.</summary>
    public Error? Change(EventContent content, string tenantTimeZone, DateTimeOffset now)
    {
        if (!Counts) return Refuse("change");
        if (content.Capacity < Registered)
            return EventErrors.CapacityBelowRegistered(content.Capacity.Value, Registered);

        Write(content, tenantTimeZone);
        Touch(now);
        return null;
    }

    public Error? Publish(DateTimeOffset now)
    {
        if (Status is not EventStatus.Draft) return Refuse("publish");
        if (EndsAt <= now) return EventErrors.AlreadyEnded;

        Status = EventStatus.Live;
        Touch(now);
        return null;
    }

    public Error? Cancel(DateTimeOffset now)
    {
        if (Status is not (EventStatus.Draft or EventStatus.Live)) return Refuse("cancel");

        Status = EventStatus.Cancelled;
        Touch(now);
        return null;
    }

    /// <summary>From live, and from cancelled: else a cancelled event would hold its participants for ever.</summary>
    public Error? Archive(DateTimeOffset now)
    {
        if (Status is not (EventStatus.Live or EventStatus.Cancelled)) return Refuse("archive");

        Status = EventStatus.Archived;
        Touch(now);
        return null;
    }

    /// <summary>Leaves a tombstone. The caller has made sure that nobody ever registered.</summary>
    public void Delete(DateTimeOffset now)
    {
        Status = EventStatus.Deleted;
        Description = null;
        Translations = null;
        ContactEmail = null;
        CategoryId = null;
        CoverFileId = null; // or its file could never be deleted
        Touch(now);
    }

    /// <summary>Whether it counts towards the events quota.</summary>
    public bool Counts => Status is EventStatus.Draft or EventStatus.Live;

    public static EventLifecycle LifecycleAt(DateTimeOffset now, DateTimeOffset startsAt, DateTimeOffset endsAt) =>
        now < startsAt ? EventLifecycle.Upcoming : now < endsAt ? EventLifecycle.Ongoing : EventLifecycle.Ended;

    private Error Refuse(string trigger) => Error.InvalidTransition(Text(Status), trigger);

    private static string Text(EventStatus status) => status.ToString().ToLower(CultureInfo.InvariantCulture);

    private void Touch(DateTimeOffset now)
    {
        UpdatedAt = now;
        Version++;
    }

    private void Write(EventContent content, string tenantTimeZone)
    {
        Title = content.Title;
        Description = content.Description;
        StartsAt = content.StartsAt.ToUniversalTime();
        EndsAt = content.EndsAt.ToUniversalTime();
        TimeZone = content.TimeZone ?? tenantTimeZone;
        Capacity = content.Capacity;
        AttendanceMode = content.AttendanceMode;
        VenueName = content.Venue?.Name;
        VenueAddress = content.Venue?.Address;
        OnlineUrl = content.OnlineUrl;
        Visibility = content.Visibility;
        SalesStartAt = content.SalesStartAt?.ToUniversalTime();
        SalesEndAt = content.SalesEndAt?.ToUniversalTime();
        ContactEmail = content.ContactEmail;
        CategoryId = content.CategoryId;
        CoverFileId = content.CoverFileId;
        Translations = content.Translations;
    }

    /// <summary>
    /// ASCII words of the title, then ten random hexadecimal digits of the id: no look-up, no clash in practice.
    /// </summary>
    private static string SlugFor(string title, EventId id)
    {
        var words = new string([.. title.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var head = string.Join('-', words);
        if (head.Length > 60) head = head[..60].TrimEnd('-');
        var tail = id.Value.ToString("N")[^10..];
        return head.Length == 0 ? tail : $"{head}-{tail}";
    }
}
