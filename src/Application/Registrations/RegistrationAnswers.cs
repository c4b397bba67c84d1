using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Registrations;

namespace CleanTenancy.Application.Registrations;

/// <summary>A person's place at an event.</summary>
public sealed record RegistrationDetails : IVersioned, ISubject
{
    [Required] public required RegistrationId Id { get; init; }

    [Required] public required EventId EventId { get; init; }

    [Required] public required string Name { get; init; }

    [Required] public required string Email { get; init; }

    [Required] public required RegistrationStatus Status { get; init; }

    public required DateTimeOffset? CancelledAt { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<Registration, RegistrationDetails>> Projection =
        r => new RegistrationDetails
        {
            Id = r.Id,
            EventId = r.EventId,
            Name = r.Name,
            Email = r.Email,
            Status = r.Status,
            CancelledAt = r.CancelledAt,
            Version = r.Version,
            CreatedAt = r.CreatedAt,
            UpdatedAt = r.UpdatedAt,
        };

    internal static readonly Func<Registration, RegistrationDetails> Of = Projection.Compile();
}
