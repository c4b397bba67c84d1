using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Raw commands of Infrastructure inside the command's bound transaction; there is no other way to run one.
/// </summary>
internal static class TenantSql
{
    /// <exception cref="InvalidOperationException">There is no transaction.</exception>
    public static NpgsqlCommand Command(this AppDbContext db, string sql)
    {
        var transaction = db.Database.CurrentTransaction?.GetDbTransaction()
            ?? throw new InvalidOperationException("A raw command outside the tenant's transaction.");
        _ = db.OrgId;
        return new NpgsqlCommand(sql, (NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction);
    }

    /// <summary>Tells every instance, with the commit of the transaction.</summary>
    public static async Task NotifyAsync(
        this AppDbContext db, string channel, string message, CancellationToken cancellationToken)
    {
        await using var notify = db.Command("select pg_notify($1, $2)").With(channel).With(message);
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The same for what the platform changes, with the commit of the connection's transaction.</summary>
    public static async Task NotifyAsync(
        this NpgsqlConnection connection, string channel, string message, CancellationToken cancellationToken)
    {
        await using var notify = new NpgsqlCommand("select pg_notify($1, $2)", connection).With(channel).With(message);
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    /// <summary>A null has no type of its own: it is given one.</summary>
    public static NpgsqlCommand WithNullable(this NpgsqlCommand command, object? value, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        return command;
    }

    /// <summary>As it is on the wire; null where there is none.</summary>
    public static NpgsqlCommand WithWord<TEnum>(this NpgsqlCommand command, TEnum? value)
        where TEnum : struct, Enum =>
        command.WithNullable(value is { } one ? Wire.Text(one) : null, NpgsqlDbType.Text);

    /// <summary>Of a query of the platform's that finds tenants.</summary>
    public static async Task<List<TenantId>> ListTenantsAsync(
        this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tenants = new List<TenantId>();
        while (await reader.ReadAsync(cancellationToken)) tenants.Add(new(reader.GetGuid(0)));
        return tenants;
    }

    /// <summary>All that are not purged: what is kept of these is nobody's work any more.</summary>
    public static async Task<List<TenantId>> ListTenantsAsync(
        this NpgsqlDataSource platform, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand("select id from organizations where state <> 'purged' order by id");
        return await select.ListTenantsAsync(cancellationToken);
    }

    /// <summary>Null where there is none.</summary>
    public static NpgsqlCommand WithInstant(this NpgsqlCommand command, DateTimeOffset? value) =>
        command.WithNullable(value?.UtcDateTime, NpgsqlDbType.TimestampTz);
}
