using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Adds rows of one table in the bound transaction, many in one statement. VALUES and no COPY, which Row-Level Security
/// does not take; and no INSERT from unnest, which a cluster does not push to its shards.
/// </summary>
internal sealed class ImportRows : IAsyncDisposable
{
    /// <summary>The protocol takes 65,535 parameters; beyond some thousand a statement only gets slower.</summary>
    private const int MostParameters = 5_000, MostRows = 500;

    private readonly AppDbContext _db;
    private readonly string _table;
    private readonly IReadOnlyList<ImportColumn> _columns;
    private readonly int _rows;
    private readonly NpgsqlCommand _full;
    private readonly List<object?[]> _waiting;
    private Task _underWay = Task.CompletedTask;

    public ImportRows(AppDbContext db, string table, IReadOnlyList<ImportColumn> columns)
    {
        (_db, _table, _columns) = (db, table, columns);
        _rows = Math.Min(MostRows, MostParameters / columns.Count);
        _waiting = new List<object?[]>(_rows);
        _full = Command(_rows);
    }

    /// <summary>The next rows are made while these are on their way: whoever adds waits for the batch before.</summary>
    /// <param name="values">In the order of the columns; kept until they are sent.</param>
    public ValueTask AddAsync(object?[] values, CancellationToken cancellationToken)
    {
        _waiting.Add(values);
        return _waiting.Count < _rows ? ValueTask.CompletedTask : new ValueTask(SendAsync(_full, cancellationToken));
    }

    /// <summary>Sends what is left, and waits for all of it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _underWay;
        if (_waiting.Count == 0) return;

        await using var rest = Command(_waiting.Count);
        await SendAsync(rest, cancellationToken);
        await _underWay;
    }

    public async ValueTask DisposeAsync()
    {
        // Else the rollback would meet a connection that is busy; what went wrong has been, or will be, said elsewhere.
        await _underWay.ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _full.DisposeAsync();
    }

    private async Task SendAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await _underWay;
        var at = 1; // behind the tenant
        foreach (var row in _waiting)
            foreach (var value in row)
                command.Parameters[at++].Value = value ?? DBNull.Value;
        _underWay = command.ExecuteNonQueryAsync(cancellationToken);
        _waiting.Clear();
    }

    /// <summary>The tenant is the transaction's own, in every row: what the archive says of it is not even read.</summary>
    private NpgsqlCommand Command(int rows)
    {
        var sql = new StringBuilder($"insert into {_table} (org_id, {string.Join(", ", _columns.Select(c => c.Name))}) values ");
        for (var (row, number) = (0, 2); row < rows; row++)
        {
            sql.Append(row == 0 ? "($1" : ", ($1");
            for (var column = 0; column < _columns.Count; column++)
                sql.Append(CultureInfo.InvariantCulture, $", ${number++}");
            sql.Append(')');
        }

        var command = _db.Command(sql.ToString()).With(_db.OrgId.Value);
        for (var row = 0; row < rows; row++)
            foreach (var column in _columns)
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = column.Type });
        return command;
    }
}

/// <summary>A column that rows are added with.</summary>
internal sealed record ImportColumn(string Name, NpgsqlDbType Type);
