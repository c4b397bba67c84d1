namespace CleanTenancy.Benchmarks;

/// <summary>Registrations with the audit trigger against those without, one transaction of each in turns.</summary>
internal static class TriggerCost
{
    public const string Name = "7";

    private const int Many = 500, Singles = 200, Bulks = 5;

    public static async Task MeasureAsync(Data data, int rounds, Table table)
    {
        var (org, events) = (await data.SampleAsync(1))[0];
        await using var floor = await Writer.OpenAsync(data, "bare.registrations", org, events);
        await using var ours = await Writer.OpenAsync(data, "registrations", org, events);
        var (singles, bulks) = (rounds * Singles, rounds * Bulks);
        Add(table, "insert of 1 row", 1.25, await CompareAsync(singles, floor, ours, (w, _) => w.InsertAsync(1)));
        Add(table, "update of 1 row", 1.25, await CompareAsync(singles, floor, ours, (w, i) => w.UpdateAsync(i)));
        Add(table, "insert of 500 rows", 3.00, await CompareAsync(bulks, floor, ours, (w, _) => w.InsertAsync(Many)));
    }

    private static void Add(Table table, string what, double most, (Measured Elapsed, Measured Cpu) measured)
    {
        table.Add(new(Name, $"audit trigger, {what}", most), measured.Elapsed);
        table.Add(new(Name, "  of that, CPU in the server"), measured.Cpu);
    }

    private static async Task<(Measured Elapsed, Measured Cpu)> CompareAsync(
        int count, Writer floor, Writer ours, Func<Writer, int, Task<Cost>> write)
    {
        var (floors, all) = (new List<Cost>(), new List<Cost>());
        for (var i = 0; i < count; i++)
        {
            floors.Add(await write(floor, i));
            all.Add(await write(ours, i));
        }

        // The first tenth prepared the statements and filled the caches.
        var settled = count / 10;
        return (Of(cost => cost.Elapsed), Of(cost => cost.Cpu));

        Measured Of(Func<Cost, double> part) => Measured.Microseconds(
            [.. floors.Skip(settled).Select(part)], [.. all.Skip(settled).Select(part)]);
    }
}
