using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Programs;
using FluentValidation;

namespace CleanTenancy.Application.Programs;

/// <summary>A program of an event.</summary>
public sealed record ProgramDetails : IVersioned, ISubject
{
    [Required] public required ProgramId Id { get; init; }

    [Required] public required EventId EventId { get; init; }

    [Required] public required string Title { get; init; }

    [Required] public required DateTimeOffset StartsAt { get; init; }

    [Required] public required DateTimeOffset EndsAt { get; init; }

    public required string? Room { get; init; }

    public required string? Track { get; init; }

    /// <summary>Places; null is unlimited.</summary>
    public required int? Capacity { get; init; }

    [Required] public required bool Selectable { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<EventProgram, ProgramDetails>> Projection = p => new ProgramDetails
    {
        Id = p.Id,
        EventId = p.EventId,
        Title = p.Title,
        StartsAt = p.StartsAt,
        EndsAt = p.EndsAt,
        Room = p.Room,
        Track = p.Track,
        Capacity = p.Capacity,
        Selectable = p.Selectable,
        Version = p.Version,
        CreatedAt = p.CreatedAt,
        UpdatedAt = p.UpdatedAt,
    };

    internal static readonly Func<EventProgram, ProgramDetails> Of = Projection.Compile();
}

/// <summary>The shape of a program, for adding and changing alike.</summary>
internal sealed class ProgramContentValidator : AbstractValidator<ProgramContent>
{
    public ProgramContentValidator()
    {
        RuleFor(c => c.Title).NotEmpty().MaximumLength(ProgramContent.TitleMaxLength).IsWellFormed();
        RuleFor(c => c.StartsAt).NotEmpty();
        RuleFor(c => c.EndsAt).Cascade(CascadeMode.Stop).NotEmpty().GreaterThan(c => c.StartsAt);
        RuleFor(c => c.Room).MaximumLength(ProgramContent.RoomMaxLength).IsWellFormed();
        RuleFor(c => c.Track).MaximumLength(ProgramContent.TrackMaxLength).IsWellFormed();
        RuleFor(c => c.Capacity).InclusiveBetween(1, ProgramContent.CapacityMax);
    }
}
