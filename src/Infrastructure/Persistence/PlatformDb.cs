using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using CleanTenancy.Infrastructure.Signals;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

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

/// <inheritdoc cref="IPlanCatalogue"/>
internal sealed class PlanCatalogue(
    IDbContextFactory<PlatformDbContext> contexts, PlatformLog log, TenantDirectory tenants, ICaller caller)
    : IPlanCatalogue
{
    public async Task<IReadOnlyList<Plan>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var plans = await Plans(db).AsNoTracking().ToListAsync(cancellationToken);
        return [.. plans.OrderBy(plan => plan.Tier)];
    }

    public async Task<Plan> FindAsync(Tier tier, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Plans(db).AsNoTracking().SingleAsync(plan => plan.Tier == tier, cancellationToken);
    }

    public async Task<Result<Plan>> ChangeAsync(
        Tier tier, VersionCondition ifMatch, Action<Plan> change, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var plan = await Plans(db).AsTracking().SingleAsync(plan => plan.Tier == tier, cancellationToken);
        if (ifMatch.Check(plan) is { } stale) return stale;

        var before = Terms.Of(plan);
        var prices = plan.Prices.ToList();
        change(plan);
        db.RemoveRange(prices.Except(plan.Prices));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Error.PreconditionFailed;
        }

        var connection = (NpgsqlConnection)transaction.GetDbTransaction().Connection!;
        await log.AppendAsync(
            connection, "plan.changed", caller.RequiredOperator().Id, row: null, new { before, after = Terms.Of(plan) },
            cancellationToken);
        await connection.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.Plans, Guid.Empty), cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        tenants.ForgetAll();
        return plan;
    }

    private static IQueryable<Plan> Plans(PlatformDbContext db) => db.Set<Plan>().Include(plan => plan.Prices);

    /// <summary>As the log shows them.</summary>
    private sealed record Terms(
        Tier Tier, PlanLimits Limits, IReadOnlyList<Feature> Features, IReadOnlyList<string> Prices,
        int AuditRetentionDays, long Version)
    {
        public static Terms Of(Plan plan) => new(
            plan.Tier,
            plan.Limits,
            plan.Features,
            [.. plan.Prices.Select(price => $"{price.Amount} {price.Currency} a {price.Interval}")],
            plan.AuditRetentionDays,
            plan.Version);
    }
}
