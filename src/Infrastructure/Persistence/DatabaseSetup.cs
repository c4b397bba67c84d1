using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Makes the roles (as a superuser, once) and the schema (as the migrator).</summary>
public static class DatabaseSetup
{
    private const string Migrator = "cleantenancy_migrator", App = "application_role", Platform = "platform_role";

    /// <summary>Roles, their rights in this database, and their passwords. May be run again.</summary>
    /// <param name="superuser">A connection of a superuser to the database that will hold the schema.</param>
    public static async Task CreateRolesAsync(
        string superuser, RolePasswords passwords, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(superuser);
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Roles belong to the cluster: two databases set up side by side must not both create or alter them. An
        // advisory lock would be this database's own; the table of roles is shared by all.
        await ExecuteAsync("lock table pg_authid in share row exclusive mode");
        await ExecuteAsync(SqlScript.Load("0001_roles.sql"));
        await SetPasswordAsync(Migrator, passwords.Migrator);
        await SetPasswordAsync(App, passwords.App);
        await SetPasswordAsync(Platform, passwords.Platform);
        await transaction.CommitAsync(cancellationToken);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        async Task SetPasswordAsync(string role, string password)
        {
            // ALTER ROLE takes no parameters: the server itself quotes the statement.
            await using var format = new NpgsqlCommand(
                "select format('alter role %I password %L', $1, $2)", connection, transaction);
            format.Parameters.Add(new NpgsqlParameter<string> { TypedValue = role });
            format.Parameters.Add(new NpgsqlParameter<string> { TypedValue = password });
            await ExecuteAsync((string)(await format.ExecuteScalarAsync(cancellationToken))!);
        }
    }

    /// <summary>Brings the schema to what this program needs.</summary>
    /// <param name="owner">A connection as cleantenancy_migrator.</param>
    public static async Task MigrateAsync(string owner, CancellationToken cancellationToken)
    {
        await using var db = AppDbContextOptions.ForMigrations(owner);
        await db.Database.MigrateAsync(cancellationToken);
        // Their rows follow the schema: whatever was added has a canary from its first day.
        await using var connection = new NpgsqlConnection(owner);
        await connection.OpenAsync(cancellationToken);
        await using var canaries = new NpgsqlCommand(SqlScript.Load("canaries.sql"), connection);
        await canaries.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Of the three roles that log in.</summary>
public sealed record RolePasswords(string Migrator, string App, string Platform);
