using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// A read outside a transaction becomes one batch of one round trip: [begin read only] [bind the tenant] [the query]
/// [commit]. Anything else outside a transaction throws before it reaches the server (ADR 0012).
/// </summary>
internal sealed class BoundRead : DbCommandInterceptor
{
    private static readonly ConditionalWeakTable<DbContext, Slot> Slots = [];

    /// <summary>
    /// The commit of the context's last bound read: whether it ran shows only when the reader is closed.
    /// </summary>
    private sealed class Slot
    {
        public NpgsqlBatchCommand? Commit { get; set; }
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        if (Decide(command, eventData) is not { } binding) return result;

        var (batch, commit) = Substitute(command, binding);
        var connection = (NpgsqlConnection)command.Connection!;
        NpgsqlDataReader? reader = null;
        try
        {
            reader = await batch.ExecuteReaderAsync(cancellationToken);
            TenantContext.Prove(
                binding, await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null);
            await reader.NextResultAsync(cancellationToken); // from the binding's answer to the query's
        }
        catch
        {
            await CloseAsync(reader);
            await RollbackAsync(connection);
            throw;
        }

        Slots.GetOrCreateValue(eventData.Context!).Commit = commit;
        return InterceptionResult<DbDataReader>.SuppressWithResult(reader);
    }

    public override async ValueTask<InterceptionResult> DataReaderClosingAsync(
        DbCommand command, DataReaderClosingEventData eventData, InterceptionResult result)
    {
        if (TakeCommit(eventData.Context) is not { } commit) return result;

        try
        {
            await eventData.DataReader.CloseAsync(); // drains the query and the commit
        }
        finally
        {
            if (DidNotRun(commit)) await ClearAsync((NpgsqlConnection)command.Connection!);
        }

        return InterceptionResult.Suppress();
    }

    public override InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        if (Decide(command, eventData) is not { } binding) return result;

        var (batch, commit) = Substitute(command, binding);
        var connection = (NpgsqlConnection)command.Connection!;
        NpgsqlDataReader? reader = null;
        try
        {
            reader = batch.ExecuteReader();
            TenantContext.Prove(binding, reader.Read() ? reader.GetString(0) : null);
            reader.NextResult();
        }
        catch
        {
            Close(reader);
            Rollback(connection);
            throw;
        }

        Slots.GetOrCreateValue(eventData.Context!).Commit = commit;
        return InterceptionResult<DbDataReader>.SuppressWithResult(reader);
    }

    public override InterceptionResult DataReaderClosing(
        DbCommand command, DataReaderClosingEventData eventData, InterceptionResult result)
    {
        if (TakeCommit(eventData.Context) is not { } commit) return result;

        try
        {
            eventData.DataReader.Close();
        }
        finally
        {
            if (DidNotRun(commit)) Clear((NpgsqlConnection)command.Connection!);
        }

        return InterceptionResult.Suppress();
    }

    public override InterceptionResult<object> ScalarExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result) =>
        InTransaction(command, eventData, result);

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result,
        CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(InTransaction(command, eventData, result));

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result) =>
        InTransaction(command, eventData, result);

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(InTransaction(command, eventData, result));

    private static InterceptionResult<T> InTransaction<T>(
        DbCommand command, CommandEventData eventData, InterceptionResult<T> result) =>
        Decide(command, eventData) is null
            ? result
            : throw new InvalidOperationException($"{eventData.CommandSource} outside a transaction.");

    /// <returns>
    /// The binding of a read that stands alone; null for a command whose transaction is bound already.
    /// </returns>
    private static TenantBinding? Decide(DbCommand command, CommandEventData eventData)
    {
        if (eventData.CommandSource is CommandSource.Migrations) return null; // the migrator's own context and role

        var binding = ((AppDbContext)eventData.Context!).Binding; // throws when nobody bound it
        if (Transaction.Current is not null) throw new InvalidOperationException("An ambient transaction.");
        if (command.Transaction is not null) return null;

        return eventData.CommandSource is CommandSource.LinqQuery or CommandSource.FromSqlQuery
            ? binding
            : throw new InvalidOperationException($"{eventData.CommandSource} outside a transaction.");
    }

    private static (NpgsqlBatch Batch, NpgsqlBatchCommand Commit) Substitute(DbCommand command, TenantBinding binding)
    {
        var query = new NpgsqlBatchCommand(command.CommandText);
        var parameters = (NpgsqlParameterCollection)command.Parameters;
        var moved = parameters.ToArray(); // a parameter may sit in one collection only
        parameters.Clear();
        foreach (var parameter in moved) query.Parameters.Add(parameter);

        var commit = new NpgsqlBatchCommand("commit");
        var batch = new NpgsqlBatch((NpgsqlConnection)command.Connection!) { Timeout = command.CommandTimeout };
        batch.BatchCommands.Add(new NpgsqlBatchCommand("begin read only"));
        batch.BatchCommands.Add(TenantContext.BatchCommand(binding));
        batch.BatchCommands.Add(query);
        batch.BatchCommands.Add(commit);
        return (batch, commit);
    }

    private static NpgsqlBatchCommand? TakeCommit(DbContext? context)
    {
        if (context is null || !Slots.TryGetValue(context, out var slot) || slot.Commit is not { } commit) return null;

        slot.Commit = null;
        return commit;
    }

    /// <summary>The type stays unknown until the server has answered that command.</summary>
    private static bool DidNotRun(NpgsqlBatchCommand commit) => commit.StatementType is Npgsql.StatementType.Unknown;

    /// <summary>
    /// After an error in the middle of the rows. Npgsql 10.0.3 takes a commit that it was preparing in this batch for
    /// prepared, although the server skipped it: all later reads on the connection would fail with 26000.
    /// </summary>
    private static async Task ClearAsync(NpgsqlConnection connection)
    {
        await RollbackAsync(connection);
        if (connection.State is ConnectionState.Open) connection.UnprepareAll();
    }

    private static void Clear(NpgsqlConnection connection)
    {
        Rollback(connection);
        if (connection.State is ConnectionState.Open) connection.UnprepareAll();
    }

    private static async Task RollbackAsync(NpgsqlConnection connection)
    {
        if (connection.State is not ConnectionState.Open) return;

        try
        {
            await using var rollback = new NpgsqlCommand("rollback", connection);
            await rollback.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            // What made it necessary is on its way already, and must not be hidden; the connection is broken and goes.
        }
    }

    private static void Rollback(NpgsqlConnection connection)
    {
        if (connection.State is not ConnectionState.Open) return;

        try
        {
            using var rollback = new NpgsqlCommand("rollback", connection);
            rollback.ExecuteNonQuery();
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            // As above.
        }
    }

    /// <summary>
    /// A reader with a pending error throws it again when it is closed; the first one is on its way already.
    /// </summary>
    private static async Task CloseAsync(NpgsqlDataReader? reader)
    {
        try
        {
            if (reader is not null) await reader.DisposeAsync();
        }
        catch (NpgsqlException)
        {
            // Said already.
        }
    }

    private static void Close(NpgsqlDataReader? reader)
    {
        try
        {
            reader?.Dispose();
        }
        catch (NpgsqlException)
        {
            // Said already.
        }
    }
}
