using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

internal static class AppDbContextOptions
{
    private static readonly BoundRead Reads = new();
    private static readonly BoundTransaction Transactions = new();

    /// <summary>Everything goes through the fence's interceptors.</summary>
    public static DbContextOptionsBuilder UseTenants(this DbContextOptionsBuilder builder, NpgsqlDataSource source) =>
        builder
            .UseNpgsql(source)
            .UseSnakeCaseNamingConvention()
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .AddInterceptors(Reads, Transactions);

    /// <summary>For migrations: another role, no tenant, no interceptors.</summary>
    public static AppDbContext ForMigrations(string connectionString) =>
        new(new DbContextOptionsBuilder<AppDbContext>()
            .UseNpgsql(connectionString)
            .UseSnakeCaseNamingConvention()
            .Options);
}

/// <summary>Lets the migration tool make the model without starting the API.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<AppDbContext>
{
    public AppDbContext CreateDbContext(string[] args) => AppDbContextOptions.ForMigrations("Host=design-time");
}
