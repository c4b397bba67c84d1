using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>What stands outside all tenants, as platform_role. No tenant table is in its model.</summary>
internal sealed class PlatformDbContext(DbContextOptions<PlatformDbContext> options) : DbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        Conventions.Apply(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfiguration(new PlanConfiguration());
        modelBuilder.ApplyConfiguration(new PlanPriceConfiguration());
    }
}

/// <inheritdoc cref="IPlatformDb"/>
internal sealed class PlatformDb(IDbContextFactory<PlatformDbContext> contexts) : IPlatformDb
{
    public async Task<IReadOnlyList<Plan>> PlansAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Plan>().AsNoTracking().Include(plan => plan.Prices).ToListAsync(cancellationToken);
    }
}
