using System.Globalization;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// What one tenant notices of another (ADR 0034, 0035): the slowest hundredth of its light reads, alone and beside the
/// other, in turns.
/// </summary>
internal static class NoisyNeighbour
{
    public const string Name = "noisy";

    private const int Light = 4, Noisy = 8, Slow = 150, LimitOfPro = 1_000;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(4), Pause = TimeSpan.FromSeconds(0.5);

    /// <summary>200 reads a second.</summary>
    private static readonly TimeSpan LightPace = TimeSpan.FromMilliseconds(20);

    /// <summary>Ten times what the plan allows on one route.</summary>
    private static readonly TimeSpan NoisyPace = TimeSpan.FromMinutes(1) / (10 * LimitOfPro) * Noisy;

    public static async Task MeasureAsync(string api, Data data, int rounds, Table table)
    {
        await using (var server = await Server.StartApiAsync(api, data, data.App))
        {
            var (noisy, quiet) = await TwoAsync(data, server, "pro");
            var measured = await CompareAsync(server, quiet, rounds, async () =>
                (await Visitors.ConnectAsync(server.Port, Requests(server, noisy, Ask.Page), Noisy), NoisyPace));
            table.Add(new(Name, "p99 beside a tenant at 10 x its limit", 1.20), measured);
        }

        await BesideSlowAsync("p99 beside 150 slow requests, slots", "1");
        await BesideSlowAsync("p99 beside 150 slow requests, no slots", "1000");

        // Whoever adds an event waits for the lock that is held here: it costs no CPU, only connections.
        async Task BesideSlowAsync(string what, string factor)
        {
            // The lock ends in an error now and then, and writing it down takes CPU.
            await using var server = await Server.StartApiAsync(
                api, data, data.App, ("RateLimits__Factor", factor), ("Logging__LogLevel__Default", "None"),
                ("Logging__LogLevel__Microsoft.AspNetCore", "None"));
            var (noisy, quiet) = await TwoAsync(data, server, "enterprise");
            await using var holder = await Data.OpenAsync(data.Superuser);
            await using var transaction = await holder.BeginTransactionAsync();
            await ExecuteAsync(holder, "select from usage_counters where org_id = $1 for update", noisy[0].Org);
            var measured = await CompareAsync(server, quiet, rounds, async () =>
                (await Visitors.ConnectAsync(server.Port, Requests(server, noisy, Ask.New), Slow), TimeSpan.Zero));
            table.Add(new(Name, what), measured);
        }
    }

    private static async Task<Measured> CompareAsync(
        Server server, Target[] quiet, int rounds, Func<Task<(Visitors Neighbour, TimeSpan Pace)>> moveIn)
    {
        using var light = await Visitors.ConnectAsync(server.Port, Requests(server, quiet, Ask.One), Light);
        for (var i = 0; i < 5; i++) await light.RunAsync(Round, LightPace / 4); // compiles what is hot
        var (alone, beside, good, all) = (new List<double>(), new List<double>(), 0, 0);
        for (var i = 0; i < rounds; i++)
        {
            alone.AddRange((await light.RunAsync(Round, LightPace)).Times);
            var (neighbour, pace) = await moveIn();
            var noise = neighbour.RunAsync(Pause + Round, pace);
            await Task.Delay(Pause);
            beside.AddRange((await light.RunAsync(Round, LightPace)).Times);
            neighbour.Dispose();
            var (times, served) = await noise;
            (good, all) = (good + served, all + times.Count);
            await Task.Delay(Pause);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  neighbour: {all} answers, {good} of them 2xx; p50 {At(alone, 0.5):0.00} ms alone, {At(beside, 0.5):0.00} beside"));
        return new(At(alone, 0.99), At(beside, 0.99), " ms");
    }

    /// <summary>The first two tenants; the first has this plan. The API has not seen it before.</summary>
    private static async Task<(Target[] Noisy, Target[] Quiet)> TwoAsync(Data data, Server server, string tier)
    {
        var targets = await data.SignInAsync(server);
        var slugs = targets.Select(target => target.Slug).Distinct().Take(2).ToList();
        var (noisy, quiet) = (targets.Where(t => t.Slug == slugs[0]).ToArray(), targets.Where(t => t.Slug == slugs[1]).ToArray());
        await using var superuser = await Data.OpenAsync(data.Superuser);
        await ExecuteAsync(superuser, $"update organizations set tier = '{tier}' where id = $1", noisy[0].Org);
        await Task.Delay(TimeSpan.FromSeconds(11)); // longer than the API remembers a tenant
        return (noisy, quiet);
    }

    private static IReadOnlyList<byte[]> Requests(Server server, Target[] targets, Ask ask) =>
        Server.Bytes(targets.Select(target => server.ToOurs(target, ask)));

    private static double At(List<double> times, double part)
    {
        times.Sort();
        return times[(int)(times.Count * part)];
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, Guid org)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = org } } };
        await command.ExecuteNonQueryAsync();
    }
}
