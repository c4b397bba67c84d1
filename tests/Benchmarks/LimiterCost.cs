using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.RateLimiting;
using StackExchange.Redis;

namespace CleanTenancy.Benchmarks;

/// <summary>One check of a rate limit: in the memory of an instance, and in Redis against a bare PING.</summary>
internal static class LimiterCost
{
    public const string Name = "9";

    private const int Tenants = 1_000, Checks = 1_000_000, Calls = 20_000;

    private const double MostNanoseconds = 150, MostBytes = 200;

    private static readonly RateKey[] Keys =
    [
        .. Enumerable.Range(0, Tenants).Select(_ => new RateKey(
            RatePolicy.Plan, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), null, "ListEvents")),
    ];

    public static async Task MeasureAsync(int rounds, Table table)
    {
        // Windows so short that they slide all the time: a taken one drops another.
        var (taken, takenBytes) = Measure(rounds, TimeSpan.FromMilliseconds(5), most: 1_000_000);
        var (refused, refusedBytes) = Measure(rounds, TimeSpan.FromMinutes(1), most: 5);
        table.Add(new(Name, "limiter check, taken", 1), new(MostNanoseconds, taken, " ns"));
        table.Add(new(Name, "limiter check, refused", 1), new(MostNanoseconds, refused, " ns"));
        table.Add(new(Name, "limiter check, memory", 1), new(MostBytes, Math.Max(takenBytes, refusedBytes), " B"));
        await MeasureRedisAsync(rounds, table);
    }

    private static (double Nanoseconds, double Bytes) Measure(int rounds, TimeSpan window, int most)
    {
        var limiter = new LocalLimiter(TimeProvider.System, instances: 1, window, mostNetworks: 1);
        var limits = Keys.Select(key => new RateLimit(key, most)).ToArray();
        var (times, bytes) = (new List<double>(), new List<double>());
        for (var i = -2; i < rounds; i++)
        {
            var (before, watch) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            for (var n = 0; n < Checks; n++) limiter.Take(limits[n % Tenants], null);
            if (i < 0) continue;

            times.Add(Stopwatch.GetElapsedTime(watch).TotalNanoseconds / Checks);
            bytes.Add((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Checks);
        }

        return (Duel.Median(times), bytes.Max());
    }

    private static async Task MeasureRedisAsync(int rounds, Table table)
    {
        var port = FreePort();
        using var server = Start(port);
        if (server is null)
        {
            Console.WriteLine("no redis-server: its check is not measured");
            return;
        }

        try
        {
            var options = new ConfigurationOptions { EndPoints = { { "127.0.0.1", port } }, AbortOnConnectFail = false, ConnectTimeout = 10_000 };
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            var database = connection.GetDatabase();
            while (!connection.IsConnected) await Task.Delay(10);
            var (windows, guard) = (new RedisWindows(database, RateLimit.Window), new RedisGuard(TimeProvider.System));
            var (pings, checks) = (new List<double>(), new List<double>());
            for (var i = -1; i < rounds; i++)
            {
                var (ping, check) = (
                    await TimeAsync(_ => database.PingAsync()),
                    await TimeAsync(async n => await guard.AskAsync(
                        static s => s.windows.TakeAsync(new RateLimit(Keys[s.n % Tenants], 60), null), (windows, n))));
                if (i < 0) continue;

                pings.Add(ping);
                checks.Add(check);
            }

            table.Add(new(Name, "Redis check, against PING"), Measured.Microseconds(pings, checks));
        }
        finally
        {
            server.Kill();
        }
    }

    /// <returns>Microseconds of each, one after the other.</returns>
    private static async Task<double> TimeAsync(Func<int, Task> call)
    {
        var watch = Stopwatch.GetTimestamp();
        for (var n = 0; n < Calls; n++) await call(n);
        return Stopwatch.GetElapsedTime(watch).TotalMicroseconds / Calls;
    }

    private static Process? Start(int port)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(
                "redis-server",
                [
                    "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "",
                    "--appendonly", "no", "--loglevel", "warning", "--logfile", "/dev/null",
                ]));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
