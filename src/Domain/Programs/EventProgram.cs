using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.Domain.Programs;

/// <summary>What an organizer may write about a program.</summary>
public sealed record ProgramContent
{
    public const int TitleMaxLength = 200, RoomMaxLength = 100, TrackMaxLength = 100, CapacityMax = 1_000_000;

    [Required]
    public string Title { get; init; } = "";

    /// <summary>Not before the event starts.</summary>
    [Required]
    public DateTimeOffset StartsAt { get; init; }

    /// <summary>After startsAt, not after the event ends.</summary>
    [Required]
    public DateTimeOffset EndsAt { get; init; }

    public string? Room { get; init; }

    public string? Track { get; init; }

    /// <summary>Places; null is unlimited.</summary>
    public int? Capacity { get; init; }

    /// <summary>Whether attendees choose it.</summary>
    public bool Selectable { get; init; }
}

/// <summary>A part of an event: a talk, a workshop, a dinner.</summary>
public sealed class EventProgram : ITenantOwned, IVersioned
{
    private EventProgram()
    {
    }

    public TenantId OrgId { get; private init; }

    public ProgramId Id { get; private init; }

    public EventId EventId { get; private init; }

    public string Title { get; private set; } = "";

    public DateTimeOffset StartsAt { get; private set; }

    public DateTimeOffset EndsAt { get; private set; }

    public string? Room { get; private set; }

    public string? Track { get; private set; }

    public int? Capacity { get; private set; }

    public bool Selectable { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public ProgramContent Content => new()
    {
        Title = Title,
        StartsAt = StartsAt,
        EndsAt = EndsAt,
        Room = Room,
        Track = Track,
        Capacity = Capacity,
        Selectable = Selectable,
    };

    /// <summary>Adds a program to an event that can still change and whose dates enclose it.</summary>
    public static Result<EventProgram> Plan(Event of, ProgramContent content, DateTimeOffset now)
    {
        var program = new EventProgram
        {
            OrgId = of.OrgId,
            Id = ProgramId.New(now),
            EventId = of.Id,
            CreatedAt = now,
        };
        return program.Change(of, content, now) is { } refusal ? refusal : program;
    }

    public Error? Change(Event of, ProgramContent content, DateTimeOffset now)
    {
        if (!of.Counts) return ProgramErrors.EventClosed;
        if (content.StartsAt < of.StartsAt || content.EndsAt > of.EndsAt) return ProgramErrors.OutsideEvent;

        Title = content.Title;
        StartsAt = content.StartsAt.ToUniversalTime();
        EndsAt = content.EndsAt.ToUniversalTime();
        Room = content.Room;
        Track = content.Track;
        Capacity = content.Capacity;
        Selectable = content.Selectable;
        UpdatedAt = now;
        Version++;
        return null;
    }
}

public static class ProgramErrors
{
    public static readonly Error OutsideEvent = Error.Conflict("program_outside_event");

    /// <summary>The event is cancelled or archived.</summary>
    public static readonly Error EventClosed = Error.Conflict("event_closed");
}
