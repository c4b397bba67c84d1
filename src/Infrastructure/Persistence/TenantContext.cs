using System.Data.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
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
    private const string Bind = "select set_tenant_context($1, $2, $3, $4, $5, $6, $7)";

    private const string BindForReading = "select set_tenant_context($1, null, null)";

    /// <summary>Person, address and request are for the audit log, and reads leave nothing in it.</summary>
    public static NpgsqlBatchCommand BatchCommand(TenantBinding binding) => new(BindForReading)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = binding.OrgId.Value, NpgsqlDbType = NpgsqlDbType.Uuid }
        },
    };

    public static NpgsqlCommand Command(
        TenantBinding binding, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        Fill(new NpgsqlCommand(Bind, connection, transaction), command => command.Parameters, binding);

    /// <summary>Binds for writing, with a reservation behind it.</summary>
    public static NpgsqlBatch Batch(
        TenantBinding binding, ReservationAhead ahead, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        new(connection, transaction)
        {
            BatchCommands =
            {
                Fill(new NpgsqlBatchCommand(Bind), command => command.Parameters, binding), ahead.Command,
            },
        };

    private static T Fill<T>(T command, Func<T, NpgsqlParameterCollection> parametersOf, TenantBinding binding)
    {
        var parameters = parametersOf(command);
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = binding.OrgId.Value });
        Add(binding.UserId?.Value, NpgsqlDbType.Uuid);
        Add(binding.Address, NpgsqlDbType.Text);
        Add(Wire.Text(binding.Kind), NpgsqlDbType.Text);
        Add(binding.OnBehalfOf, NpgsqlDbType.Uuid);
        Add(binding.RequestId, NpgsqlDbType.Text);
        Add(binding.TraceId, NpgsqlDbType.Text);
        return command;

        void Add(object? value, NpgsqlDbType type) =>
            parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
    }

    /// <summary>The server answers with what is bound now, the tenant first: proven, not believed.</summary>
    /// <exception cref="TenantMismatchException">It is bound to something else.</exception>
    public static void Prove(TenantBinding binding, object? bound)
    {
        if (bound is not string text || !text.StartsWith(binding.OrgId.ToString(), StringComparison.Ordinal))
            throw new TenantMismatchException("the database is bound to another one");
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
            TenantContext.Prove(BindingOf(eventData), command.ExecuteScalar());
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
            await BindAsync(
                (AppDbContext)eventData.Context!, (NpgsqlConnection)connection, (NpgsqlTransaction)result,
                cancellationToken);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            await eventData.Context!.Database.CloseConnectionAsync();
            throw;
        }
    }

    private static async Task BindAsync(
        AppDbContext db, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (db.Ahead is not { } ahead)
        {
            await using var command = TenantContext.Command(db.Binding, connection, transaction);
            TenantContext.Prove(db.Binding, await command.ExecuteScalarAsync(cancellationToken));
            return;
        }

        await using var batch = TenantContext.Batch(db.Binding, ahead, connection, transaction);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        TenantContext.Prove(db.Binding, await reader.ReadAsync(cancellationToken) ? reader.GetValue(0) : null);
        await reader.NextResultAsync(cancellationToken);
        await ahead.ReadAsync(reader, cancellationToken);
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
