using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace CleanTenancy.Benchmarks;

/// <summary>Connections that ask one thing after the other, as cheaply as can be: raw bytes out, raw bytes in.</summary>
internal sealed class Load : IDisposable
{
    private readonly Socket[] _connections;
    private readonly IReadOnlyList<byte[]> _requests;

    private Load(Socket[] connections, IReadOnlyList<byte[]> requests)
    {
        _connections = connections;
        _requests = requests;
    }

    public static async Task<Load> ConnectAsync(int port, IReadOnlyList<byte[]> requests, int connections = 16)
    {
        var sockets = new Socket[connections];
        for (var i = 0; i < sockets.Length; i++)
        {
            sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        }

        return new(sockets, requests);
    }

    /// <returns>How many requests were answered.</returns>
    public async Task<int> RunAsync(TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        return (await Task.WhenAll(_connections.Select(c => AskAsync(c, () => watch.Elapsed < duration)))).Sum();
    }

    /// <summary>So many requests, one after the other, on the first connection.</summary>
    public Task RunAsync(int count) => AskAsync(_connections[0], () => count-- > 0);

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private async Task<int> AskAsync(Socket connection, Func<bool> goesOn)
    {
        var buffer = new byte[256 * 1024];
        // Each loop starts elsewhere, so that they do not ask for the same rows in step.
        var next = RandomNumberGenerator.GetInt32(_requests.Count);
        var answered = 0;
        while (goesOn())
        {
            await connection.SendAsync(_requests[next++ % _requests.Count]);
            await ReceiveAsync(connection, buffer);
            answered++;
        }

        return answered;
    }

    private static async Task ReceiveAsync(Socket connection, byte[] buffer)
    {
        var length = 0;
        do
        {
            var read = await connection.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0) throw new InvalidOperationException("The server closed the connection.");

            length += read;
        }
        while (!IsComplete(buffer.AsSpan(0, length)));
    }

    /// <summary>A chunked answer ends with an empty chunk; JSON has no such line inside.</summary>
    private static bool IsComplete(ReadOnlySpan<byte> answer)
    {
        if (!answer.StartsWith("HTTP/1.1 20"u8))
            throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(answer));

        return answer.EndsWith("\r\n0\r\n\r\n"u8);
    }
}
