using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Postgres;
using DotNet.Testcontainers.Builders;
using Npgsql;
using Testcontainers.PostgreSql;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>
/// A real PostgreSQL: the one that TEST_POSTGRES names (a superuser's connection string), else a container where a
/// Docker engine answers, else local programs. One template database is migrated once; tests get copies of it.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private const string Password = "test-roles-password";

    private readonly NpgsqlConnectionStringBuilder _superuser;
    private readonly string _run = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N")[^12..];
    private readonly IAsyncDisposable? _server;
    private readonly NpgsqlConnection _presence;
    private int _databases;

    private TestPostgres(string superuser, IAsyncDisposable? server)
    {
        _superuser = new NpgsqlConnectionStringBuilder(superuser);
        _server = server;
        // Says that this run is alive, so that another one does not take its databases for leftovers.
        _presence = new NpgsqlConnection($"{Superuser("postgres")};Application Name=ct_{_run};Pooling=false");
    }

    private string Template => $"ct_{_run}_template";

    public static async Task<TestPostgres> StartAsync()
    {
        var (superuser, server) = await FindAsync();
        var postgres = new TestPostgres(superuser, server);
        await postgres._presence.OpenAsync();
        await postgres.DropLeftoversAsync();
        await postgres.MakeTemplateAsync();
        return postgres;
    }

    /// <summary>A fresh, migrated database; its name goes into <see cref="ConnectionString"/>.</summary>
    public Task<string> NewDatabaseAsync() => CopyAsync(Template);

    /// <summary>Another with the same rows; whoever is connected to the first is not any more.</summary>
    public async Task<string> CopyAsync(string template)
    {
        var name = $"ct_{_run}_{Interlocked.Increment(ref _databases)}";
        if (template != Template)
            await ExecuteAsync(
                "postgres", $"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{template}'");
        await ExecuteAsync("postgres", $"create database {name} template {template}");
        // Grants on a database are not copied with it.
        await DatabaseSetup.CreateRolesAsync(Superuser(name), Passwords, CancellationToken.None);
        return name;
    }

    /// <summary>A connection as one of the roles, without pooling state shared between tests' data sources.</summary>
    public string ConnectionString(string database, string role) =>
        new NpgsqlConnectionStringBuilder(_superuser.ConnectionString)
        {
            Database = database,
            Username = role,
            Password = Password,
            // Some ten APIs run beside each other: together they must not use the server up.
            MaxPoolSize = 40,
        }.ConnectionString;

    public string Superuser(string database) =>
        new NpgsqlConnectionStringBuilder(_superuser.ConnectionString) { Database = database }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await _presence.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    private static RolePasswords Passwords { get; } = new(Password, Password, Password);

    private static async Task<(string Superuser, IAsyncDisposable? Server)> FindAsync()
    {
        if (Environment.GetEnvironmentVariable("TEST_POSTGRES") is { Length: > 0 } given) return (given, null);
        if (await ContainerAsync() is { } container) return (container.GetConnectionString(), container);

        // A stable, world-readable folder: a killed run's server is adopted by the next one.
        var embedded = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions
            {
                DataFolder = Path.Combine(Path.GetTempPath(), "clean-tenancy-tests", Environment.UserName),
                Durable = false,
            },
            CancellationToken.None);
        return (embedded.ConnectionString("postgres", "postgres"), embedded);
    }

    /// <summary>A docker client without an engine is common: only an engine that answers counts.</summary>
    private static async Task<PostgreSqlContainer?> ContainerAsync()
    {
        try
        {
            var container = new PostgreSqlBuilder("postgres:17-alpine")
                .WithCommand("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=400")
                .Build();
            await container.StartAsync();
            return container;
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
    }

    private async Task MakeTemplateAsync()
    {
        await ExecuteAsync("postgres", $"create database {Template}");
        await DatabaseSetup.CreateRolesAsync(Superuser(Template), Passwords, CancellationToken.None);
        await DatabaseSetup.MigrateAsync(ConnectionString(Template, "cleantenancy_migrator"), CancellationToken.None);
        NpgsqlConnection.ClearAllPools(); // nobody may be connected to a template
    }

    private async Task DropLeftoversAsync()
    {
        var leftovers = new List<string>();
        await using (var connection = new NpgsqlConnection(Superuser("postgres")))
        {
            await connection.OpenAsync();
            await using var select = new NpgsqlCommand(
                """
                select datname from pg_database d where datname like 'ct\_%'
                  and not exists (select from pg_stat_activity a where d.datname like a.application_name || '\_%')
                """,
                connection);
            await using var reader = await select.ExecuteReaderAsync();
            while (await reader.ReadAsync()) leftovers.Add(reader.GetString(0));
        }

        foreach (var name in leftovers) await ExecuteAsync("postgres", $"drop database if exists {name}");
    }

    private async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Superuser(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
