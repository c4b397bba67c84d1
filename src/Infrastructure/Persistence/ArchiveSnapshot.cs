using System.Data;
using System.Data.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Archives;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// A tenant's rows as they are at one instant: one transaction, REPEATABLE READ and READ ONLY, bound to the tenant. Rows
/// are read some thousand at a time, and not counted before, for no statement may last longer than others.
/// </summary>
internal sealed class ArchiveSnapshot : IAsyncDisposable
{
    /// <summary>A constant in the text, so that the planner knows it.</summary>
    public const int AtATime = 5000;

    private readonly AppDbContext _db;

    private ArchiveSnapshot(AppDbContext db) => _db = db;

    public static async Task<ArchiveSnapshot> OpenAsync(
        IDbContextFactory<AppDbContext> contexts, TenantId org, CancellationToken cancellationToken)
    {
        var db = await contexts.CreateDbContextAsync(cancellationToken);
        try
        {
            db.Bind(new TenantBinding(org));
            await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await using var readOnly = db.Command("set transaction read only");
            await readOnly.ExecuteNonQueryAsync(cancellationToken);
            return new(db);
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    /// <summary>The organization's own row.</summary>
    public async Task<DbDataReader> ReadOrganizationAsync(
        IReadOnlyList<ArchiveColumn> columns, CancellationToken cancellationToken)
    {
        await using var select = _db.Command($"select {Names(columns)} from organizations where id = $1")
            .With(_db.OrgId.Value);
        return await select.ExecuteReaderAsync(cancellationToken);
    }

    /// <summary>The next rows in the order of the table's key, at most <see cref="AtATime"/>.</summary>
    /// <param name="after">The key of the last row before; null for the first ones.</param>
    public async Task<DbDataReader> ReadAsync(ArchiveTable table, object[]? after, CancellationToken cancellationToken)
    {
        var from = after is null
            ? ""
            : $" and ({Names(table.Key)}) > ({string.Join(", ", table.Key.Select((_, n) => $"${n + 2}"))})";
        await using var select = _db.Command(
            $"select {Names(table.Columns)} from {table.Name} where org_id = $1{from} order by {Names(table.Key)} limit {AtATime}")
            .With(_db.OrgId.Value);
        foreach (var value in after ?? []) select.Parameters.Add(new NpgsqlParameter { Value = value });
        return await select.ExecuteReaderAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing was written: whether it is committed makes no difference.
        if (_db.Database.CurrentTransaction is { } transaction) await transaction.DisposeAsync();
        await _db.DisposeAsync();
    }

    /// <summary>Of the model, never of a client.</summary>
    private static string Names(IReadOnlyList<ArchiveColumn> columns) =>
        string.Join(", ", columns.Select(column => column.Name));
}
