using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using FluentValidation;

namespace CleanTenancy.Application.Roles;

/// <summary>A named set of permissions.</summary>
public sealed record RoleDetails : IVersioned, ISubject
{
    [Required] public required RoleId Id { get; init; }

    [Required] public required string Name { get; init; }

    /// <summary>As GET /v1/permissions lists them; * is all, those to come too.</summary>
    [Required] public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>Every organization has it, and nobody changes it.</summary>
    [Required] public required bool BuiltIn { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<Role, RoleDetails>> Projection = role => new RoleDetails
    {
        Id = role.Id,
        Name = role.Name,
        Permissions = role.Permissions,
        BuiltIn = role.BuiltIn,
        Version = role.Version,
        CreatedAt = role.CreatedAt,
    };

    internal static readonly Func<Role, RoleDetails> Of = Projection.Compile();
}

/// <summary>What of a role can be chosen.</summary>
public sealed record RoleContent
{
    [Required] public string Name { get; init; } = "";

    /// <summary>One at least, and none that you lack.</summary>
    [Required] public IReadOnlyList<string> Permissions { get; init; } = [];
}

internal sealed class RoleContentValidator : AbstractValidator<RoleContent>
{
    public RoleContentValidator()
    {
        RuleFor(c => c.Name).NotEmpty().MaximumLength(Role.NameMaxLength).IsWellFormed()
            .Must(name => name is null || name.Trim() == name)
            .Saying("blank_at_the_edge", "No blanks at the beginning or end.", "앞뒤에 공백이 없어야 합니다.");
        RuleFor(c => c.Permissions).NotEmpty();
        RuleForEach(c => c.Permissions).Must(IsPublished)
            .Saying("unknown_permission", "Not a permission of the catalogue.", "권한 목록에 없는 권한입니다.");
    }

    private static bool IsPublished(string? permission) =>
        permission is not null && (permission == Permissions.All || Permissions.Catalogue.Contains(permission));
}
