using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>How our types become columns: ids are uuid, enums are text, the filter is on every tenant table.</summary>
internal static class Conventions
{
    private static readonly Type[] DomainTypes = typeof(Organization).Assembly.GetTypes();

    public static void Apply(ModelConfigurationBuilder builder)
    {
        foreach (var type in DomainTypes)
        {
            if (type.IsEnum)
                builder.Properties(type).HaveConversion(typeof(EnumText<>).MakeGenericType(type)).HaveMaxLength(40);
            else if (type.IsValueType
                && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
                builder.Properties(type).HaveConversion(typeof(IdToUuid<>).MakeGenericType(type));
        }
    }

    /// <summary>
    /// org_id = the bound tenant, on every entity that is tenant-owned: the router. The fence in the database is the
    /// lock.
    /// </summary>
    public static void ApplyTenantFilter(this ModelBuilder model, AppDbContext context)
    {
        foreach (var entity in model.Model.GetEntityTypes().Where(e => e.ClrType.IsAssignableTo(typeof(ITenantOwned))))
        {
            var row = Expression.Parameter(entity.ClrType);
            Filter(model, entity.ClrType, row, Expression.Property(row, nameof(ITenantOwned.OrgId)), context);
        }

        var organization = Expression.Parameter(typeof(Organization));
        Filter(
            model,
            typeof(Organization),
            organization,
            Expression.Property(organization, nameof(Organization.Id)),
            context);
    }

    private static void Filter(
        ModelBuilder model, Type type, ParameterExpression row, Expression column, AppDbContext context) =>
        model.Entity(type).HasQueryFilter(
            QueryFilters.Tenant,
            Expression.Lambda(
                Expression.Equal(column, Expression.Property(Expression.Constant(context), nameof(AppDbContext.OrgId))),
                row));

    /// <summary>Key (org_id, id) and version as the concurrency token, as far as the entity has them.</summary>
    public static void IsTenantTable<T>(this EntityTypeBuilder<T> entity, string table)
        where T : class, ITenantOwned
    {
        entity.ToTable(table);
        if (typeof(T).GetProperty("Id") is not null) entity.HasKey(nameof(ITenantOwned.OrgId), "Id");
        if (typeof(T).IsAssignableTo(typeof(IVersioned)))
            entity.Property(nameof(IVersioned.Version)).IsConcurrencyToken();
    }

    /// <summary>A CHECK that names every word of the enum: PostgreSQL's own enums lose their index under RLS.</summary>
    public static void HasWords<T, TEnum>(this EntityTypeBuilder<T> entity, string column)
        where T : class
        where TEnum : struct, Enum
    {
        var table = entity.Metadata.GetTableName()!;
        var words = string.Join(", ", Enum.GetValues<TEnum>().Select(value => $"'{Wire.Text(value)}'"));
        entity.ToTable(t => t.HasCheckConstraint($"ck_{table}_{column}", $"{column} in ({words})"));
    }
}

internal sealed class IdToUuid<TId>() : ValueConverter<TId, Guid>(id => id.Value, value => Make(value))
    where TId : struct, IId<TId>
{
    // A static abstract call is not allowed in an expression tree.
    private static TId Make(Guid value) => TId.From(value);
}

internal sealed class EnumText<TEnum>()
    : ValueConverter<TEnum, string>(value => Words.TextOf(value), text => Words.ValueOf(text))
    where TEnum : struct, Enum
{
    private static class Words
    {
        private static readonly Dictionary<TEnum, string> Texts =
            Enum.GetValues<TEnum>().ToDictionary(value => value, Wire.Text);

        private static readonly Dictionary<string, TEnum> Values =
            Texts.ToDictionary(pair => pair.Value, pair => pair.Key);

        public static string TextOf(TEnum value) => Texts[value];

        public static TEnum ValueOf(string text) => Values[text];
    }
}
