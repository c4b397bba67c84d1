using System.Text.Json.Nodes;

namespace CleanTenancy.Benchmarks;

/// <summary>The floor and our API, round by round in turns: what disturbs the machine disturbs both.</summary>
internal static class Duel
{
    private const int LongestWarmUp = 12;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Round = 1.5 * Second;

    public static async Task<Measured> RunAsync(
        Ask ask, Server floor, Server ours, IReadOnlyList<Target> targets, int rounds)
    {
        await AreEqualAsync(floor.ToFloor(targets[0], ask), ours.ToOurs(targets[0], ask));
        var (toFloor, toOurs) = (targets.Select(t => floor.ToFloor(t, ask)), targets.Select(t => ours.ToOurs(t, ask)));
        using var floorLoad = await Load.ConnectAsync(floor.Port, Server.Bytes(toFloor));
        using var oursLoad = await Load.ConnectAsync(ours.Port, Server.Bytes(toOurs));
        await WarmUpAsync(floor.Cpu, floorLoad);
        await WarmUpAsync(ours.Cpu, oursLoad);

        var (floors, all) = (new List<double>(), new List<double>());
        for (var i = 0; i < rounds; i++)
        {
            floors.Add(await CostAsync(floor.Cpu, floorLoad));
            all.Add(await CostAsync(ours.Cpu, oursLoad));
        }

        return Measured.Microseconds(floors, all);
    }

    public static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    /// <summary>Until the runtime has compiled what is hot: two seconds in a row with hardly any of it.</summary>
    private static async Task WarmUpAsync(CpuMeter cpu, Load load)
    {
        for (var (i, calm) = (0, 0); i < LongestWarmUp && calm < 2; i++)
        {
            var before = cpu.ReadCompiler();
            await load.RunAsync(Second);
            // The thread ends when it is idle, and its time with it: hence the absolute value.
            calm = Math.Abs(cpu.ReadCompiler() - before) < 0.02 * Second.TotalMicroseconds ? calm + 1 : 0;
        }
    }

    private static async Task<double> CostAsync(CpuMeter cpu, Load load)
    {
        var before = cpu.Read();
        var answered = await load.RunAsync(Round);
        return (cpu.Read() - before) / answered;
    }

    /// <summary>A floor that did less than we do would be no floor.</summary>
    private static async Task AreEqualAsync(HttpRequestMessage floor, HttpRequestMessage ours)
    {
        using var client = new HttpClient();
        var (one, other) = (await BodyAsync(client, floor), await BodyAsync(client, ours));
        if (one != other) throw new InvalidOperationException($"The answers differ:\n{one}\n{other}");
    }

    private static async Task<string> BodyAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request);
        var text = await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        if (request.Method == HttpMethod.Get) return text;

        // Two that are made are alike but for this.
        var body = JsonNode.Parse(text)!.AsObject();
        foreach (var name in (string[])["id", "slug", "createdAt", "updatedAt"])
            if (!body.Remove(name)) throw new InvalidOperationException($"No {name} in {text}");
        return body.ToJsonString();
    }
}
