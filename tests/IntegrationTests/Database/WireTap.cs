using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Stands between a client and PostgreSQL and counts round trips: how often the client spoke after the server did.
/// </summary>
internal sealed class WireTap : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private long _roundTrips;

    public WireTap(string connectionString)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (server.Host!, server.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public long RoundTrips => Interlocked.Read(ref _roundTrips);

    /// <summary>The same connection string, by way of here.</summary>
    public string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = Port,
            SslMode = SslMode.Disable,
        }.ConnectionString;

    /// <summary>Round trips of one act.</summary>
    public async Task<long> CountAsync(Func<Task> act)
    {
        var before = RoundTrips;
        await act();
        return RoundTrips - before;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        var clientsTurn = 1;
        try
        {
            using (client)
            {
                await server.ConnectAsync(_host, _port, _stop.Token);
                await Task.WhenAny(
                    PumpAsync(client, server, () =>
                    {
                        if (Interlocked.Exchange(ref clientsTurn, 0) == 1) Interlocked.Increment(ref _roundTrips);
                    }),
                    PumpAsync(server, client, () => Interlocked.Exchange(ref clientsTurn, 1)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException)
        {
            // One of the two hung up.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Action heard)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var read)
            {
                heard();
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two hung up.
        }
    }
}
