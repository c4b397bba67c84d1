using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using FluentValidation;

namespace CleanTenancy.Application.EventTemplates;

/// <summary>What new events are made from: all that an event has but its dates.</summary>
public sealed record EventTemplateDetails : IVersioned, ISubject
{
    [Required] public required EventTemplateId Id { get; init; }

    [Required] public required string Name { get; init; }

    /// <summary>Of the events that are made from it.</summary>
    [Required] public required string Title { get; init; }

    public required string? Description { get; init; }

    [Required] public required int DurationMinutes { get; init; }

    public required int? Capacity { get; init; }

    [Required] public required AttendanceMode AttendanceMode { get; init; }

    public required Venue? Venue { get; init; }

    public required string? OnlineUrl { get; init; }

    [Required] public required Visibility Visibility { get; init; }

    public required string? ContactEmail { get; init; }

    public required CategoryId? CategoryId { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<EventTemplate, EventTemplateDetails>> Projection = t =>
        new EventTemplateDetails
        {
            Id = t.Id,
            Name = t.Name,
            Title = t.Title,
            Description = t.Description,
            DurationMinutes = t.DurationMinutes,
            Capacity = t.Capacity,
            AttendanceMode = t.AttendanceMode,
            Venue = t.VenueName == null ? null : new Venue { Name = t.VenueName, Address = t.VenueAddress },
            OnlineUrl = t.OnlineUrl,
            Visibility = t.Visibility,
            ContactEmail = t.ContactEmail,
            CategoryId = t.CategoryId,
            Version = t.Version,
            CreatedAt = t.CreatedAt,
            UpdatedAt = t.UpdatedAt,
        };

    internal static readonly Func<EventTemplate, EventTemplateDetails> Of = Projection.Compile();
}

/// <summary>The shape of an event template, for creating and changing alike.</summary>
internal sealed class EventTemplateContentValidator : AbstractValidator<EventTemplateContent>
{
    public EventTemplateContentValidator()
    {
        RuleFor(c => c.Name).NotEmpty().MaximumLength(EventTemplateContent.NameMaxLength).IsWellFormed();
        RuleFor(c => c.Title).NotEmpty().MaximumLength(EventContent.TitleMaxLength).IsWellFormed();
        RuleFor(c => c.Description).MaximumLength(EventContent.DescriptionMaxLength).IsWellFormed();
        RuleFor(c => c.DurationMinutes).InclusiveBetween(1, EventTemplateContent.MaxDurationMinutes);
        RuleFor(c => c.Capacity).InclusiveBetween(1, EventContent.CapacityMax);
        RuleFor(c => c.Venue!).SetValidator(new VenueValidator()).When(c => c.Venue is not null);
        RuleFor(c => c.OnlineUrl).IsWebAddress();
        RuleFor(c => c.ContactEmail).IsEmailAddress();
    }
}
