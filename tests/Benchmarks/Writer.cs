using System.Diagnostics;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>What a transaction cost.</summary>
/// <param name="Elapsed">Microseconds for who waits for it, with its three round trips.</param>
/// <param name="Cpu">Microseconds of the backend.</param>
internal sealed record Cost(double Elapsed, double Cpu);

/// <summary>Writes registrations as a command does: as the application role, each in a bound transaction.</summary>
internal sealed class Writer(NpgsqlConnection connection, string table, Guid org, Guid[] events) : IAsyncDisposable
{
    private readonly string _insert = $"""
        insert into {table} (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
        select $1, id, $2, 'Kim Minji', 'minji@example.test', 'minji@example.test', 'active', 1, now(), now()
        from unnest($3) id
        """;

    private readonly string _update = $"""
        update {table} set status = $3, version = version + 1, updated_at = now() where org_id = $1 and id = $2
        """;

    private readonly List<Guid> _written = [];

    public static async Task<Writer> OpenAsync(Data data, string table, Guid org, Guid[] events) =>
        new(await Data.OpenAsync(data.App), table, org, events);

    /// <summary>In one statement.</summary>
    public async Task<Cost> InsertAsync(int rows)
    {
        var ids = Enumerable.Range(0, rows).Select(_ => Guid.CreateVersion7(TimeProvider.System.GetUtcNow())).ToArray();
        _written.Add(ids[0]);
        return await RunAsync(
            _insert,
            new NpgsqlParameter<Guid> { TypedValue = events[_written.Count % events.Length] },
            new NpgsqlParameter<Guid[]> { TypedValue = ids });
    }

    /// <summary>Of one of the rows that it has written, to another status.</summary>
    public Task<Cost> UpdateAsync(int number) => RunAsync(
        _update,
        new NpgsqlParameter<Guid> { TypedValue = _written[number % _written.Count] },
        new NpgsqlParameter<string> { TypedValue = number / _written.Count % 2 == 0 ? "held" : "active" });

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<Cost> RunAsync(string sql, params NpgsqlParameter[] parameters)
    {
        var before = CpuMeter.ReadOne(connection.ProcessID);
        var watch = Stopwatch.StartNew();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using (var bind = new NpgsqlCommand(
                "select set_tenant_context($1, $2, '192.0.2.7', 'user', null, $3, $3)", connection, transaction))
            {
                bind.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
                bind.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
                bind.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "4bf92f3577b34da6a3ce929d0e0e4736" });
                await bind.ExecuteScalarAsync();
            }

            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }

        return new(watch.Elapsed.TotalMicroseconds, (CpuMeter.ReadOne(connection.ProcessID) - before) / 1000.0);
    }
}
