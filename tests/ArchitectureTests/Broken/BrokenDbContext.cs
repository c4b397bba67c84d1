using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.ArchitectureTests.Broken;

/// <summary>Never connected: a model with every mistake that the rules look for.</summary>
internal sealed class BrokenDbContext()
    : DbContext(new DbContextOptionsBuilder<BrokenDbContext>().UseNpgsql("Host=none").Options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        Conventions.Apply(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Stray>();
        modelBuilder.Entity<Loose>(loose =>
        {
            loose.HasKey(x => x.Id);
            loose.HasIndex(x => x.Name).IsUnique();
        });
        modelBuilder.Entity<Pointing>(pointing =>
        {
            pointing.HasKey(x => new { x.OrgId, x.Id });
            pointing.HasOne<Loose>().WithMany().HasForeignKey(x => x.LooseId);
            pointing.HasQueryFilter(QueryFilters.Tenant, x => x.OrgId != default);
        });
        modelBuilder.Entity<Crossed>(crossed =>
        {
            crossed.HasKey(x => new { x.OrgId, x.OtherOrg });
            crossed.HasOne<Pointing>().WithMany().HasForeignKey(x => new { x.OtherOrg, x.OrgId });
            crossed.HasQueryFilter(QueryFilters.Tenant, x => x.OrgId != default);
        });
        modelBuilder.Entity<Keyed>(keyed =>
        {
            keyed.HasKey(x => new { x.OrgId, x.Code });
            keyed.HasAlternateKey(x => x.Code);
            keyed.HasQueryFilter(QueryFilters.Tenant, x => x.OrgId != default);
        });
    }
}

internal sealed class Stray
{
    public int Id { get; set; }
}

internal sealed class Loose : ITenantOwned
{
    public TenantId OrgId { get; set; }

    public TenantId Id { get; set; }

    public string Name { get; set; } = "";
}

internal sealed class Pointing : ITenantOwned
{
    public TenantId OrgId { get; set; }

    public TenantId Id { get; set; }

    public TenantId LooseId { get; set; }
}

/// <summary>Its tenant is compared with the other's id: OrgId stands on both sides, at different places.</summary>
internal sealed class Crossed : ITenantOwned
{
    public TenantId OrgId { get; set; }

    public TenantId OtherOrg { get; set; }
}

internal sealed class Keyed : ITenantOwned
{
    public TenantId OrgId { get; set; }

    public string Code { get; set; } = "";
}
