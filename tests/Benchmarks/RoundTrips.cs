using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// Counts how often the API speaks and waits for PostgreSQL's answer, through a proxy between the two. Each such round
/// trip costs about 75 us of CPU on one machine, and the network's latency everywhere else.
/// </summary>
internal sealed class RoundTrips : IDisposable
{
    private const int Requests = 100, Blocks = 3;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _database;
    private int _count;

    private RoundTrips(IPEndPoint database)
    {
        _database = database;
        _listener.Start();
        _ = AcceptAsync();
    }

    public static async Task<Measured> CountAsync(Ask ask, string api, Data data, IReadOnlyList<Target> targets)
    {
        var app = new NpgsqlConnectionStringBuilder(data.App);
        using var proxy = new RoundTrips(new IPEndPoint(IPAddress.Loopback, app.Port));
        app.Port = ((IPEndPoint)proxy._listener.LocalEndpoint).Port;
        await using var server = await Server.StartApiAsync(api, data, app.ConnectionString);
        using var load = await Load.ConnectAsync(
            server.Port, Server.Bytes([server.ToOurs(targets[0], ask)]), connections: 1);
        await load.RunAsync(Requests); // prepares the statements, fills the caches
        var counts = new List<double>();
        for (var i = 0; i < Blocks; i++)
        {
            var before = Volatile.Read(ref proxy._count);
            await load.RunAsync(Requests);
            counts.Add((Volatile.Read(ref proxy._count) - before) / (double)Requests);
        }

        // The median: a cache's entry may end in one of the blocks.
        return new(1, Duel.Median(counts), "");
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = RelayAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // Disposed: nothing more to count.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        await server.ConnectAsync(_database);
        // What is sent before an answer came is the same trip, in however many packets it travels.
        var isAnswered = true;
        var there = CopyAsync(client, server, () =>
        {
            if (isAnswered) Interlocked.Increment(ref _count);
            isAnswered = false;
        });
        await Task.WhenAny(there, CopyAsync(server, client, () => isAnswered = true));
        client.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, Action passed)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var read)
            {
                passed();
                await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // One side has gone; the other follows.
        }
    }
}
