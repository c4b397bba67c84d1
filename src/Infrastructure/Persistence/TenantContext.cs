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
        new NpgsqlCommand(Bind, connection, transaction)
            .With(binding.OrgId.Value)
            .WithNullable(binding.UserId?.Value, NpgsqlDbType.Uuid)
            .WithNullable(binding.Address, NpgsqlDbType.Text)
            .WithNullable(Wire.Text(binding.Kind), NpgsqlDbType.Text)
            .WithNullable(binding.OnBehalfOf, NpgsqlDbType.Uuid)
            .WithNullable(binding.RequestId, NpgsqlDbType.Text)
            .WithNullable(binding.TraceId, NpgsqlDbType.Text);

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
            await using var command = TenantContext.Command(
                BindingOf(eventData), (NpgsqlConnection)connection, (NpgsqlTransaction)result);
            // Not with the client's token: a cancellation that hits the BEGIN in front of it is answered once too often
            // for the driver (10.0.3), and the next user of the connection would find the rest.
            TenantContext.Prove(BindingOf(eventData), await command.ExecuteScalarAsync(CancellationToken.None));
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
