using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

/// <summary>
/// What an archive leaves out of a row, said beside its mapping: secrets, versions, and what an import works out by
/// itself. Everything else of a row is in it, so a later column cannot be forgotten.
/// </summary>
internal static class Archiving
{
    private const string Anew = "Archive:Anew", Points = "Archive:PointsAt";

    /// <summary>Follows from other columns, or belongs to this installation alone: whoever imports makes it anew.</summary>
    public static PropertyBuilder<T> IsMadeAnew<T>(this PropertyBuilder<T> property)
    {
        property.HasAnnotation(Anew, true);
        return property;
    }

    /// <summary>Holds ids of another table's rows, though no foreign key says so.</summary>
    public static PropertyBuilder<T> PointsAt<T>(this PropertyBuilder<T> property, string table)
    {
        property.HasAnnotation(Points, table);
        return property;
    }

    public static bool IsLeftOut(IReadOnlyProperty property) =>
        property.Name is nameof(ITenantOwned.OrgId) or nameof(IVersioned.Version)
        || property.FindAnnotation(Anew) is not null
        || property.FindAnnotation(Auditing.Column)?.Value as string == nameof(Auditing.Kind.Secret);

    public static string? TargetOf(IReadOnlyProperty property) => property.FindAnnotation(Points)?.Value as string;
}
