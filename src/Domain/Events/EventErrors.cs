using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Events;

public static class EventErrors
{
    public static readonly Error AlreadyEnded = Error.Conflict("event_already_ended");

    /// <summary>The event is not live: nobody can be registered.</summary>
    public static readonly Error NotLive = Error.Conflict("event_not_live");

    /// <summary>Somebody registered once: the event can be cancelled or archived, not deleted.</summary>
    public static readonly Error HasRegistrations = Error.Conflict("event_has_registrations");

    /// <summary>The new dates leave a program outside the event.</summary>
    public static readonly Error ProgramsOutside = Error.Conflict("programs_outside_event");

    public static readonly Error SoldOut = Error.Conflict("sold_out").With("lines", Array.Empty<object>());

    public static Error CapacityBelowRegistered(int capacity, int registered) =>
        Error.Conflict("capacity_below_registered").With("capacity", capacity).With("registered", registered);
}
