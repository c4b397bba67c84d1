using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using FluentValidation;

namespace CleanTenancy.Application.Categories;

/// <summary>A category of events.</summary>
public sealed record CategoryDetails : IVersioned, ISubject
{
    [Required] public required CategoryId Id { get; init; }

    [Required] public required string Name { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<EventCategory, CategoryDetails>> Projection = c => new CategoryDetails
    {
        Id = c.Id,
        Name = c.Name,
        Version = c.Version,
        CreatedAt = c.CreatedAt,
        UpdatedAt = c.UpdatedAt,
    };

    internal static readonly Func<EventCategory, CategoryDetails> Of = Projection.Compile();
}

/// <summary>The shape of a category, for creating and changing alike.</summary>
internal sealed class CategoryContentValidator : AbstractValidator<CategoryContent>
{
    public CategoryContentValidator() =>
        RuleFor(c => c.Name).NotEmpty().MaximumLength(CategoryContent.NameMaxLength).IsWellFormed();
}
