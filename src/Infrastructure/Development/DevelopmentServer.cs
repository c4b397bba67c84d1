using CleanTenancy.Application.Common;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Postgres;
using CleanTenancy.Infrastructure.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace CleanTenancy.Infrastructure.Development;

/// <summary>What ./dev up starts around the API: the database, its schema and its demo data.</summary>
public sealed class DevelopmentServer : IAsyncDisposable
{
    private const string Database = "cleantenancy";

    private readonly EmbeddedPostgres _postgres;
    private readonly string _folder;

    private DevelopmentServer(EmbeddedPostgres postgres, string folder) => (_postgres, _folder) = (postgres, folder);

    /// <summary>In Development, without connection strings: starts the embedded server and fills it.</summary>
    /// <returns>Null where the database is somebody else's.</returns>
    public static async Task<DevelopmentServer?> StartIfNeededAsync(
        WebApplicationBuilder builder, CancellationToken cancellationToken)
    {
        var configuration = builder.Configuration;
        if (!builder.Environment.IsDevelopment() || configuration.GetConnectionString("App") is not null) return null;

        var folder = Path.GetFullPath(configuration["Development:DataFolder"] ?? ".dev");
        var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = Path.Combine(folder, "pg") }, cancellationToken);
        var server = new DevelopmentServer(postgres, folder);
        try
        {
            await server.PrepareAsync(cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        configuration["ConnectionStrings:App"] = postgres.ConnectionString(Database, "application_role");
        configuration["ConnectionStrings:Platform"] = postgres.ConnectionString(Database, "platform_role");
        return server;
    }

    /// <summary>Hosts, logins and the Swagger address, for the person who started it.</summary>
    public void Describe(IEnumerable<string> urls, TextWriter output)
    {
        var port = new Uri(urls.First()).Port;
        output.WriteLine(
            $"\nCleanTenancy runs. PostgreSQL is on 127.0.0.1:{_postgres.Port}. Ctrl-C stops everything.\n");
        output.WriteLine($"  {"host",-32} {"plan",-15} people (password for all: {DevelopmentData.Password})");
        foreach (var tenant in DevelopmentData.Tenants)
        {
            var plan = Wire.Text(tenant.Tier) + (tenant.Suspended ? ", suspended" : "");
            output.WriteLine(
                $"  {$"http://{tenant.Slug}.localhost:{port}",-32} {plan,-15} "
                + $"{string.Join(", ", tenant.Roles.Select(tenant.Email))}");
        }

        output.WriteLine($"  {$"http://localhost:{port}",-32} {"platform",-15} {DevelopmentData.Operator}");
        output.WriteLine($"\n  Mails are files: {Path.Combine(_folder, "mail")}");
        output.WriteLine($"  Swagger UI: http://acme.localhost:{port}/swagger  (and on every host above)\n");
        output.Flush();
    }

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await CreateDatabaseAsync(_postgres.ConnectionString("postgres", "postgres"), cancellationToken);
        var owner = _postgres.ConnectionString(Database, "cleantenancy_migrator");
        await DatabaseSetup.CreateRolesAsync(
            _postgres.ConnectionString(Database, "postgres"),
            new RolePasswords(_postgres.Secret, _postgres.Secret, _postgres.Secret),
            cancellationToken);
        await DatabaseSetup.MigrateAsync(owner, cancellationToken);

        await using var seeder = new TenantSeeder(owner);
        using var passwords = new Passwords();
        await DevelopmentData.SeedAsync(seeder, passwords, TimeProvider.System.Now(), cancellationToken);
    }

    private static async Task CreateDatabaseAsync(string superuser, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(superuser);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand(
            $"select exists (select from pg_database where datname = '{Database}')", connection);
        if ((bool)(await exists.ExecuteScalarAsync(cancellationToken))!) return;

        await using var create = new NpgsqlCommand($"create database {Database}", connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
