using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

/// <summary>
/// What the log of row changes may hold of a column, said beside its mapping. Every column of text or bytes says it: one
/// that says nothing fails a test. The migrations pass the lists to the triggers, and the isolation report compares.
/// </summary>
internal static class Auditing
{
    internal const string Column = "Audit:Column", RowColumn = "Audit:RowColumn";

    internal enum Kind
    {
        /// <summary>Old and new value are logged.</summary>
        Open,

        /// <summary>That it changed is logged, and neither value.</summary>
        Personal,

        /// <inheritdoc cref="Personal"/>
        Secret,

        /// <summary>Follows from something else: its change alone is none.</summary>
        Derived,
    }

    /// <summary>Business data: whoever may read the log may read it.</summary>
    public static PropertyBuilder<T> IsOpen<T>(this PropertyBuilder<T> property) => Is(property, Kind.Open);

    /// <summary>About a person: an erasure must not have to rewrite the log.</summary>
    public static PropertyBuilder<T> IsPersonal<T>(this PropertyBuilder<T> property) => Is(property, Kind.Personal);

    /// <summary>Opens something.</summary>
    public static PropertyBuilder<T> IsSecret<T>(this PropertyBuilder<T> property) => Is(property, Kind.Secret);

    public static PropertyBuilder<T> IsDerived<T>(this PropertyBuilder<T> property) => Is(property, Kind.Derived);

    /// <summary>Which column names the row in the log, where it has no id.</summary>
    public static void IsAuditedBy<T>(this EntityTypeBuilder<T> entity, string property)
        where T : class =>
        entity.HasAnnotation(RowColumn, property);

    private static PropertyBuilder<T> Is<T>(PropertyBuilder<T> property, Kind kind)
    {
        property.HasAnnotation(Column, kind.ToString());
        return property;
    }
}

/// <summary>A table with its trigger's arguments, as the mapping has them.</summary>
/// <param name="Name">Of the table.</param>
/// <param name="Arguments">Tenant key, row column, hidden columns, skipped columns; between bars.</param>
internal sealed record AuditedTable(string Name, string Arguments)
{
    public static IEnumerable<AuditedTable> Of(IModel model) =>
        from entity in model.GetEntityTypes()
        let table = entity.GetTableName()
        where Isolation.FenceManifest.TenantTables.ContainsKey(table)
            && !Isolation.FenceManifest.NotAudited.ContainsKey(table)
        select new AuditedTable(table, string.Join('|',
            Isolation.FenceManifest.KeyOf(table),
            RowOf(entity),
            Columns(entity, kind => kind is Auditing.Kind.Personal or Auditing.Kind.Secret),
            Columns(entity, kind => kind is Auditing.Kind.Derived)));

    public static Auditing.Kind? KindOf(IProperty property) =>
        property.FindAnnotation(Auditing.Column)?.Value is string kind
            ? Enum.Parse<Auditing.Kind>(kind)
            : property.Name is nameof(IVersioned.Version) or "CreatedAt" or "UpdatedAt"
                ? Auditing.Kind.Derived
                : null;

    private static string RowOf(IEntityType entity) =>
        entity.FindProperty(entity.FindAnnotation(Auditing.RowColumn)?.Value as string ?? "Id")!.GetColumnName();

    private static string Columns(IEntityType entity, Func<Auditing.Kind, bool> matches) =>
        string.Join(',', entity.GetProperties()
            .Where(property => KindOf(property) is { } kind && matches(kind))
            .Select(property => property.GetColumnName()).Order(StringComparer.Ordinal));
}
