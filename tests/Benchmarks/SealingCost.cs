using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// Sealing one busy tenant's hour: what a row costs, against reading and hashing it once; and whether a writer of the
/// same tenant notices the sealer.
/// </summary>
internal static class SealingCost
{
    public const string Name = "seal";

    private const int Rows = 20_000, RowsOfASeal = 1000, Turns = 4, Writes = 50;

    private const string Fill = """
        insert into audit_logs (org_id, id, created_at, action, table_name, row_id, changes, actor_kind, actor_id,
          address, request_id, trace_id)
        select $1, audit_log_id(at), at, 'insert', 'registrations', gen_random_uuid(),
          jsonb_build_object('event_id', jsonb_build_object('new', gen_random_uuid()),
            'status', '{"new": "active"}'::jsonb, 'name', '{"redacted": true}'::jsonb, 'email', '{"redacted": true}'::jsonb),
          'user', $1, '192.0.2.7', '4bf92f3577b34da6a3ce929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736'
        from (select now() - n * interval '0.15 seconds' as at from generate_series(1, $2) n) t
        """;

    private const string Hash = "select count(sha256(convert_to(l::text, 'UTF8'))) from audit_logs l where org_id = $1";

    public static async Task MeasureAsync(Data data, int rounds, Table table)
    {
        var (org, events) = (await data.SampleAsync(1))[0];
        await using var superuser = await Data.OpenAsync(data.Superuser);
        await using var sealer = await Data.OpenAsync(data.Platform);
        await ExecuteAsync(superuser, "truncate audit_logs");
        await ExecuteAsync(superuser, Fill, org, Rows);
        await ExecuteAsync(superuser, "vacuum (analyze, freeze) audit_logs");

        var (floors, all, elapsed) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < rounds; i++)
        {
            await ExecuteAsync(superuser, "truncate audit_seals");
            floors.Add(await CostAsync(superuser, () => ExecuteAsync(superuser, Hash, org)));
            var watch = Stopwatch.StartNew();
            all.Add(await CostAsync(sealer, () => SealAllAsync(sealer, org)));
            elapsed.Add(watch.Elapsed.TotalSeconds);
        }

        table.Add(new(Name, "sealing a row, CPU in the server"), Measured.Microseconds(floors, all));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"sealed {Rows / Duel.Median(elapsed):0} rows/s of one tenant, {Rows} in its last hour"));

        await using var writer = await Writer.OpenAsync(data, "registrations", org, events);
        var (alone, busy, beside) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = -1; i < rounds * Turns; i++)
        {
            await WriteAsync(writer, i < 0 ? [] : alone);
            await BesideAsync(() => ExecuteAsync(superuser, Hash, org), () => WriteAsync(writer, i < 0 ? [] : busy));
            await BesideAsync(
                async () =>
                {
                    await SealAllAsync(sealer, org);
                    await ExecuteAsync(superuser, "truncate audit_seals");
                },
                () => WriteAsync(writer, i < 0 ? [] : beside));
        }

        table.Add(new(Name, "write beside a sealer, against alone"), Measured.Microseconds(alone, [.. beside]));
        table.Add(new(Name, "write beside a sealer, against a reader", 1.10), Measured.Microseconds(busy, beside));
    }

    /// <returns>Microseconds of the backend for a row.</returns>
    private static async Task<double> CostAsync(NpgsqlConnection connection, Func<Task> work)
    {
        var before = CpuMeter.ReadOne(connection.ProcessID);
        await work();
        return (CpuMeter.ReadOne(connection.ProcessID) - before) / 1000.0 / Rows;
    }

    /// <summary>As the sweep does: each batch a transaction of its own.</summary>
    private static async Task SealAllAsync(NpgsqlConnection sealer, Guid org)
    {
        int rows;
        do
        {
            await using var seal = new NpgsqlCommand("select seal_audit_log($1, $2)", sealer);
            seal.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
            seal.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RowsOfASeal });
            rows = (int)(await seal.ExecuteScalarAsync())!;
        }
        while (rows == RowsOfASeal);
    }

    private static async Task WriteAsync(Writer writer, List<double> costs)
    {
        for (var i = 0; i < Writes; i++) costs.Add((await writer.InsertAsync(1)).Elapsed);
    }

    /// <summary>One does its work again and again until the other is through.</summary>
    private static async Task BesideAsync(Func<Task> again, Func<Task> once)
    {
        var isOver = false;
        var other = Task.Run(async () =>
        {
            while (!Volatile.Read(ref isOver)) await again();
        });
        await once();
        Volatile.Write(ref isOver, true);
        await other;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
