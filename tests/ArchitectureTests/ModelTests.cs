using CleanTenancy.Application.Common;
using CleanTenancy.ArchitectureTests.Broken;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CleanTenancy.ArchitectureTests;

public sealed class ModelTests
{
    private const string OrgId = nameof(ITenantOwned.OrgId);

    private static readonly Dictionary<string, string> Global = new()
    {
        [nameof(Organization)] = "The tenant itself: its id is the tenant, and its row is fenced by that id.",
        [nameof(Plan)] = "The catalogue: the same for all tenants; tenants read it and operators write it.",
        [nameof(PlanPrice)] = "Belongs to the catalogue.",
    };

    private static readonly IModel Model = DesignTimeModel(AppDbContextOptions.ForMigrations("Host=none"));

    private static readonly IModel BrokenModel = DesignTimeModel(new BrokenDbContext());

    [Fact]
    public void Each_entity_belongs_to_a_tenant_or_is_known_to_be_global() =>
        AllowList.Breaches(Strays(Model), Global).ShouldBeEmpty();

    [Fact]
    public void An_entity_of_nobody_is_seen() =>
        AllowList.Breaches(Strays(BrokenModel), Global).ShouldContain(breach => breach.StartsWith(nameof(Stray)));

    [Fact]
    public void The_tenant_comes_first_in_each_tenant_table() => Breaches(Model).ShouldBeEmpty();

    [Fact]
    public void Tables_without_the_tenant_in_front_are_seen() =>
        Breaches(BrokenModel).ShouldBe(
        [
            "Loose: no filter named tenant",
            "Loose: its key begins with Id",
            "Loose: the unique index on Name does not begin with OrgId",
            "Pointing: the foreign key LooseId to Loose leaves the tenant",
            "Crossed: the foreign key OtherOrg, OrgId to Pointing leaves the tenant",
            "Keyed: its key begins with Code",
        ],
        ignoreOrder: true);

    /// <summary>A column that says nothing of the log would be logged in full from its first day.</summary>
    [Fact]
    public void Each_column_of_text_says_what_the_log_may_hold_of_it()
    {
        var audited = AuditedTable.Of(Model).Select(table => table.Name).ToList();
        audited.Count.ShouldBeGreaterThan(7);
        Unsaid(Model, audited).ShouldBeEmpty();
    }

    [Fact]
    public void A_column_of_text_that_says_nothing_is_seen() =>
        Unsaid(BrokenModel, [.. BrokenModel.GetEntityTypes().Select(entity => entity.GetTableName()!)])
            .ShouldContain("Loose.Name");

    private static IEnumerable<string> Unsaid(IModel model, IReadOnlyCollection<string> audited) =>
        from entity in model.GetEntityTypes()
        where audited.Contains(entity.GetTableName()!)
        from property in entity.GetProperties()
        where (property.ClrType == typeof(string) || property.ClrType == typeof(byte[])
            || property.ClrType == typeof(string[]) || property.GetColumnType() is "json" or "jsonb")
            && AuditedTable.KindOf(property) is null
        select $"{entity.ClrType.Name}.{property.Name}";

    [Fact]
    public void The_tenant_filter_compares_the_tenant_with_that_of_the_context()
    {
        var filters = TenantOwned(Model).ToDictionary(
            entity => entity.ClrType.Name, entity => entity.FindDeclaredQueryFilter(QueryFilters.Tenant)!.Expression!.ToString());
        filters.ShouldNotBeEmpty();
        filters.Values.ShouldAllBe(filter => filter.EndsWith(".OrgId == value(CleanTenancy.Infrastructure.Persistence.AppDbContext).OrgId)"));
        Model.FindEntityType(typeof(Organization))!.FindDeclaredQueryFilter(QueryFilters.Tenant).ShouldNotBeNull();
    }

    [Fact]
    public void Constraints_with_a_meaning_exist()
    {
        ConstraintErrors.Names.ShouldNotBeEmpty();
        Unknown(ConstraintErrors.Names).ShouldBeEmpty();
    }

    [Fact]
    public void A_constraint_that_does_not_exist_is_seen() =>
        Unknown(["ck_events_dates", "ck_usage_counters_used", "ck_events_that_never_was"]).ShouldBe(["ck_events_that_never_was"]);

    private static IModel DesignTimeModel(DbContext context)
    {
        using (context) return context.GetService<IDesignTimeModel>().Model;
    }

    private static IEnumerable<string> Strays(IModel model)
    {
        model.GetEntityTypes().ShouldNotBeEmpty();
        return model.GetEntityTypes().Where(entity => !IsTenantOwned(entity)).Select(entity => entity.ClrType.Name);
    }

    private static IEnumerable<IEntityType> TenantOwned(IModel model) => model.GetEntityTypes().Where(IsTenantOwned);

    private static bool IsTenantOwned(IReadOnlyTypeBase entity) => entity.ClrType.IsAssignableTo(typeof(ITenantOwned));

    private static IReadOnlyList<string> Breaches(IModel model)
    {
        TenantOwned(model).Count().ShouldBeGreaterThan(2);
        return [.. TenantOwned(model).SelectMany(entity => Breaches(entity).Select(breach => $"{entity.ClrType.Name}: {breach}"))];
    }

    private static IEnumerable<string> Breaches(IEntityType entity)
    {
        if (entity.FindDeclaredQueryFilter(QueryFilters.Tenant) is null) yield return "no filter named tenant";

        foreach (var key in entity.GetKeys().Where(key => key.Properties[0].Name != OrgId))
            yield return $"its key begins with {key.Properties[0].Name}";

        foreach (var index in entity.GetIndexes().Where(index => index.IsUnique && index.Properties[0].Name != OrgId))
            yield return $"the unique index on {Names(index.Properties)} does not begin with OrgId";

        foreach (var key in entity.GetForeignKeys().Where(key => IsTenantOwned(key.PrincipalEntityType) && !StaysInside(key)))
            yield return $"the foreign key {Names(key.Properties)} to {key.PrincipalEntityType.ClrType.Name} leaves the tenant";
    }

    /// <summary>OrgId of the one is OrgId of the other, at the same place.</summary>
    private static bool StaysInside(IForeignKey key) =>
        key.Properties.Zip(key.PrincipalKey.Properties).Any(pair => pair is { First.Name: OrgId, Second.Name: OrgId });

    private static string Names(IEnumerable<IReadOnlyProperty> properties) =>
        string.Join(", ", properties.Select(property => property.Name));

    private static IEnumerable<string> Unknown(IEnumerable<string> names)
    {
        var known = Model.GetEntityTypes().SelectMany(entity =>
                entity.GetCheckConstraints().Select(check => check.Name)
                    .Concat(entity.GetForeignKeys().Select(key => key.GetConstraintName()))
                    .Concat(entity.GetIndexes().Select(index => index.GetDatabaseName()))
                    .Concat(entity.GetKeys().Select(key => key.GetName())))
            .ToHashSet();
        var sql = Repository.Files("src/Infrastructure/Persistence/Sql", ".sql");
        sql.ShouldNotBeEmpty();
        return names.Where(name => !known.Contains(name)
            && !sql.Any(file => file.Text.Contains($"constraint {name} ", StringComparison.Ordinal)));
    }
}
