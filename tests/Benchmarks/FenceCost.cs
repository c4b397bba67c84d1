using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// What Row-Level Security adds to statements that name their tenant: CPU of the backend alone. Each round trip holds
/// so many statements that beginning, binding and ending do not count.
/// </summary>
internal static class FenceCost
{
    public const string Name = "5";

    private const int Tenants = 50, Statements = 50;

    private const string Count = "select count(*) from events where org_id = $1 and status <> 'deleted'";

    public static async Task MeasureAsync(Data data, int rounds, Table table)
    {
        var sample = await data.SampleAsync(Tenants);
        table.Add(
            new(Name, "RLS: one event, CPU in the server", 1.10),
            await MeasureAsync(data, rounds, sample, Floor.One, id => [new NpgsqlParameter<Guid> { TypedValue = id }]));
        table.Add(
            new(Name, "RLS: 20 events, CPU in the server", 1.10),
            await MeasureAsync(data, rounds, sample, Floor.Page, _ => [new NpgsqlParameter<int> { TypedValue = 21 }]));
        table.Add(
            new(Name, "RLS: count of events, CPU in the server", 1.10),
            await MeasureAsync(data, rounds, sample, Count, _ => []));
    }

    private static async Task<Measured> MeasureAsync(
        Data data, int rounds, IReadOnlyList<(Guid Org, Guid[] Events)> sample, string sql,
        Func<Guid, NpgsqlParameter[]> more)
    {
        await using var floor = await Data.OpenAsync(data.Migrator); // bypasses the policies
        await using var ours = await Data.OpenAsync(data.App);
        var (floors, all) = (new List<double>(), new List<double>());
        for (var i = -1; i < rounds; i++)
        {
            var (floorSum, oursSum) = (0L, 0L);
            foreach (var (org, events) in sample)
            {
                floorSum += await CostAsync(floor, org, events, sql, more);
                oursSum += await CostAsync(ours, org, events, sql, more);
            }

            if (i < 0) continue; // it prepared the statements

            floors.Add(floorSum / 1000.0 / (sample.Count * Statements));
            all.Add(oursSum / 1000.0 / (sample.Count * Statements));
        }

        return Measured.Microseconds(floors, all);
    }

    private static async Task<long> CostAsync(
        NpgsqlConnection connection, Guid org, Guid[] events, string sql, Func<Guid, NpgsqlParameter[]> more)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("begin read only"));
        batch.BatchCommands.Add(Command("select set_tenant_context($1, null, null)", org));
        for (var i = 0; i < Statements; i++)
            batch.BatchCommands.Add(Command(sql, org, more(events[i % events.Length])));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));

        var before = CpuMeter.ReadOne(connection.ProcessID);
        await batch.ExecuteNonQueryAsync();
        return CpuMeter.ReadOne(connection.ProcessID) - before;
    }

    private static NpgsqlBatchCommand Command(string sql, Guid org, params NpgsqlParameter[] more)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
        command.Parameters.AddRange(more);
        return command;
    }
}
