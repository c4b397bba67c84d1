using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// The one statement that binds a transaction to its tenant. The same on every engine; its body differs.
/// </summary>
internal static class TenantContext
{
    private const string Bind = "select set_tenant_context($1, $2, $3)";

    private const string BindForReading = "select set_tenant_context($1, null, null)";

    /// <summary>Person and address are for the audit log, and reads leave nothing in it.</summary>
    public static NpgsqlBatchCommand BatchCommand(TenantBinding binding) => new(BindForReading)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = binding.OrgId.Value, NpgsqlDbType = NpgsqlDbType.Uuid }
        },
    };

    public static NpgsqlCommand Command(
        TenantBinding binding, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        var command = new NpgsqlCommand(Bind, connection, transaction);
        AddParameters(command.Parameters, binding);
        return command;
    }

    private static void AddParameters(NpgsqlParameterCollection parameters, TenantBinding binding)
    {
        parameters.Add(
            new NpgsqlParameter<Guid> { TypedValue = binding.OrgId.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        parameters.Add(new NpgsqlParameter
        {
            Value = binding.UserId is { } user ? user.Value : DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Uuid,
        });
        parameters.Add(new NpgsqlParameter
        {
            Value = (object?)binding.Address ?? DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Text,
        });
    }
}

/// <summary>
/// Binds every transaction to its tenant before anything else; BEGIN rides along, so it is one round trip.
/// </summary>
internal sealed class BoundTransaction : DbTransactionInterceptor
{
    public override InterceptionResult<DbTransaction> TransactionStarting(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result)
    {
        RequireBinding(eventData);
        return result;
    }

    public override ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
    {
        RequireBinding(eventData);
        return ValueTask.FromResult(result);
    }

    public override DbTransaction TransactionStarted(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        try
        {
            using var command = TenantContext.Command(
                BindingOf(eventData), (NpgsqlConnection)connection, (NpgsqlTransaction)result);
            command.ExecuteNonQuery();
            return result;
        }
        catch
        {
            result.Dispose();
            eventData.Context!.Database.CloseConnection();
            throw;
        }
    }

    public override async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result,
        CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = TenantContext.Command(
                BindingOf(eventData), (NpgsqlConnection)connection, (NpgsqlTransaction)result);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            await eventData.Context!.Database.CloseConnectionAsync();
            throw;
        }
    }

    public override DbTransaction TransactionUsed(
        DbConnection connection, TransactionEventData eventData, DbTransaction result) =>
        throw new InvalidOperationException("A transaction opened elsewhere is not bound to a tenant.");

    public override ValueTask<DbTransaction> TransactionUsedAsync(
        DbConnection connection, TransactionEventData eventData, DbTransaction result,
        CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException("A transaction opened elsewhere is not bound to a tenant.");

    /// <summary>
    /// EF has opened the connection by now and does not close it when a transaction cannot start: a pooled context
    /// would keep it.
    /// </summary>
    private static void RequireBinding(DbContextEventData eventData)
    {
        try
        {
            _ = BindingOf(eventData);
        }
        catch
        {
            eventData.Context!.Database.CloseConnection();
            throw;
        }
    }

    private static TenantBinding BindingOf(DbContextEventData eventData) => ((AppDbContext)eventData.Context!).Binding;
}
