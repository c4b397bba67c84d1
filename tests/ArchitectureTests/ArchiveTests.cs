using CleanTenancy.ArchitectureTests.Broken;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CleanTenancy.ArchitectureTests;

/// <summary>No table and no column is forgotten in a tenant's archive, and no secret is in it.</summary>
public sealed class ArchiveTests
{
    private static readonly IModel Model = ModelOf();

    private static readonly ArchiveModel Archive = ArchiveModel.Of(Model);

    [Fact]
    public void Each_table_and_each_column_of_the_organization_is_decided_about_once() =>
        ArchiveModel.Undecided(Model).ShouldBeEmpty();

    [Fact]
    public void A_table_without_a_decision_is_seen_and_there_is_no_archive()
    {
        using var broken = new BrokenDbContext();
        ArchiveModel.Undecided(broken.Model).ShouldContain("Loose is decided about 0 times");
        Should.Throw<InvalidOperationException>(() => ArchiveModel.Of(broken.Model)).Message.ShouldContain("Loose");
    }

    [Fact]
    public void Each_decision_has_a_reason() =>
        new[] { ArchiveModel.Kept, ArchiveModel.History, ArchiveModel.LeftOut, ArchiveModel.OrganizationLeftOut }
            .SelectMany(decisions => decisions).Where(pair => pair.Value.Length < 20).ShouldBeEmpty();

    [Fact]
    public void Whatever_a_row_points_at_stands_before_it()
    {
        var seen = new HashSet<string>();
        foreach (var table in Archive.Tables)
        {
            table.References.Select(reference => reference.Table).Except(seen).ShouldBeEmpty(table.Name);
            seen.Add(table.Name);
        }

        Archive.Tables.SelectMany(table => table.References).Count().ShouldBeGreaterThan(8);
        Archive.Find("invitations")!.References.ShouldContain(reference => reference.Table == "roles", "by no foreign key");
    }

    [Fact]
    public void No_secret_no_version_and_no_tenant_is_in_an_archive_and_everything_else_of_a_row_is()
    {
        foreach (var table in Archive.Tables)
        {
            var all = Model.GetEntityTypes().Single(entity => entity.GetTableName() == table.Name).GetProperties().ToList();
            var left = all.Where(property => table.Columns.All(column => column.Name != property.GetColumnName())).ToList();
            left.Select(property => property.Name).Where(name => name != nameof(ITenantOwned.OrgId)).ShouldBeSubsetOf(
            [
                "Version", "Registered", "NormalizedEmail", "PasswordHash", "PasswordChangedAt", "TotpSecret",
                "TotpConfirmedAt", "TotpLastStep", "TokenHash",
            ], table.Name);
            all.Where(property => AuditedTable.KindOf(property) is Auditing.Kind.Secret).Except(left).ShouldBeEmpty(table.Name);
        }

        Archive.Find("users")!.Columns.ShouldNotContain(column => column.Name == "password_hash");
    }

    [Fact]
    public void Members_are_unique_and_keys_are_among_the_columns()
    {
        foreach (var table in Archive.Tables)
        {
            table.Columns.Select(column => column.Member).ShouldBeUnique();
            table.Key.ShouldNotBeEmpty();
            table.Key.Except(table.Columns).ShouldBeEmpty(table.Name);
        }
    }

    /// <summary>The page names what is in an archive, so whoever changes the one changes the other.</summary>
    [Fact]
    public void The_page_of_the_format_names_each_file()
    {
        var page = Repository.Read("docs/archive-format.md");
        foreach (var table in Archive.Tables) page.ShouldContain($"| `{table.Name}` |");
        foreach (var name in ArchiveModel.LeftOut.Keys) page.ShouldContain($"`{name}`");
    }

    private static IModel ModelOf()
    {
        using var context = AppDbContextOptions.ForMigrations("Host=none");
        return context.Model;
    }
}
