using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CleanTenancy.Infrastructure.RateLimiting;
using StackExchange.Redis;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>A Redis of one test, which may be killed, stopped and started again on the same port.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private Process? _process;

    private RedisServer(int port) => Port = port;

    public int Port { get; }

    public string Connection => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Skips the test where there is no redis-server; as root there has to be one, for ./dev installs it.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        if (!IsInstalled())
        {
            const string Cure = "There is no redis-server: apt-get install redis-server";
            if (Environment.UserName == "root") throw new InvalidOperationException(Cure);
            Assert.Skip(Cure);
        }

        var server = new RedisServer(FreePort());
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>With nothing in it.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo(
            "redis-server",
            ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { }; // a pipe that nobody reads would stop it
        _process.BeginOutputReadLine();
        await Eventually.HoldsAsync(IsListeningAsync, TimeSpan.FromSeconds(20));
    }

    /// <summary>At once, as a machine that fails.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>It takes connections and bytes, and answers nothing.</summary>
    public void Hang() => Signal("STOP");

    public void GoOn() => Signal("CONT");

    /// <summary>Keys of ours, and the milliseconds each has to live: -1 is for ever.</summary>
    public async Task<IReadOnlyDictionary<string, double>> KeysAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Connection);
        var (database, keys) = (connection.GetDatabase(), new Dictionary<string, double>());
        await foreach (var key in connection.GetServer(Connection).KeysAsync(pattern: RedisWindows.Prefix + "*"))
        {
            if (await database.KeyTimeToLiveAsync(key) is { } life) keys[key.ToString()] = life.TotalMilliseconds;
            else if (await database.KeyExistsAsync(key)) keys[key.ToString()] = -1;
        }

        return keys;
    }

    public ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) Kill(); // a stopped one, too
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsInstalled() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        kill.ExitCode.ShouldBe(0);
    }

    private async Task<bool> IsListeningAsync()
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException) when (!_process!.HasExited)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
