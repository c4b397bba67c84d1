using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>Stops commands at a locked row, so that a race needs no luck and no sleep.</summary>
internal sealed class RowLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private RowLock(NpgsqlConnection connection) => _connection = connection;

    /// <param name="host">Where the shared API's database is.</param>
    /// <param name="select">Ends in "for update", or is an update; its $1 is the id.</param>
    /// <param name="id">Of the tenant or the row.</param>
    /// <param name="database">Another than the shared API's.</param>
    public static async Task<RowLock> TakeAsync(TestHost host, string select, Guid id, string? database = null)
    {
        var held = new RowLock(new NpgsqlConnection($"{host.Postgres.Superuser(database ?? host.Api.Database)};Pooling=false"));
        await held._connection.OpenAsync();
        await held.ExecuteAsync("begin");
        await held.ExecuteAsync(select, id);
        return held;
    }

    /// <summary>Returns when somebody stands before the lock.</summary>
    public async Task WaitForOneAsync()
    {
        await using var waiting = new NpgsqlCommand(
            "select exists (select from pg_stat_activity where $1 = any(pg_blocking_pids(pid)))", _connection)
        {
            Parameters = { new() { Value = _connection.ProcessID } },
        };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(bool)(await waiting.ExecuteScalarAsync(patience.Token))!) await ExecuteAsync("select pg_stat_clear_snapshot()");
    }

    /// <summary>What was changed with the lock is there, and whoever waits goes on.</summary>
    public Task CommitAsync() => ExecuteAsync("commit");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }
}
