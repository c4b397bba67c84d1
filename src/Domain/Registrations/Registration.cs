using System.Globalization;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Registrations;

public enum RegistrationStatus
{
    Held,
    Active,
    Cancelled,
    Expired,
    Blocked,
}

/// <summary>A person's place at an event.</summary>
public sealed class Registration : ITenantOwned, IVersioned
{
    public const int NameMaxLength = 200;

    private Registration()
    {
    }

    public TenantId OrgId { get; private init; }

    public RegistrationId Id { get; private init; }

    public EventId EventId { get; private init; }

    public string Name { get; private set; } = "";

    public string Email { get; private set; } = "";

    /// <summary>As it is compared: see <see cref="EmailAddress.Normalize"/>.</summary>
    public string NormalizedEmail { get; private set; } = "";

    public RegistrationStatus Status { get; private set; }

    public DateTimeOffset? CancelledAt { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>The place has been reserved by the caller, in the same transaction.</summary>
    public static Registration Enter(TenantId orgId, EventId eventId, string name, string email, DateTimeOffset now) =>
        new()
        {
            OrgId = orgId,
            Id = RegistrationId.New(now),
            EventId = eventId,
            Name = name,
            Email = email,
            NormalizedEmail = EmailAddress.Normalize(email),
            Status = RegistrationStatus.Active,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };

    /// <summary>The caller gives the place back in the same transaction.</summary>
    public Error? Cancel(DateTimeOffset now)
    {
        if (Status is not (RegistrationStatus.Held or RegistrationStatus.Active))
            return Error.InvalidTransition(Status.ToString().ToLower(CultureInfo.InvariantCulture), "cancel");

        (Status, CancelledAt, UpdatedAt) = (RegistrationStatus.Cancelled, now, now);
        Version++;
        return null;
    }
}
