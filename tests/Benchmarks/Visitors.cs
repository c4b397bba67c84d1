using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// Connections that ask at a pace of their own, whatever is answered, and note how long each answer took. Unlike
/// <see cref="Load"/> they do not ask more because the server is quick.
/// </summary>
internal sealed class Visitors : IDisposable
{
    private readonly Socket[] _connections;
    private readonly IReadOnlyList<byte[]> _requests;

    private Visitors(Socket[] connections, IReadOnlyList<byte[]> requests) =>
        (_connections, _requests) = (connections, requests);

    public static async Task<Visitors> ConnectAsync(int port, IReadOnlyList<byte[]> requests, int connections)
    {
        var sockets = new Socket[connections];
        for (var i = 0; i < sockets.Length; i++)
        {
            sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        }

        return new(sockets, requests);
    }

    /// <param name="duration">After which nobody asks any more.</param>
    /// <param name="every">Each connection asks so often; one that waits for an answer skips its turn.</param>
    /// <returns>Milliseconds of each answer, and how many were 2xx.</returns>
    public async Task<(List<double> Times, int Good)> RunAsync(TimeSpan duration, TimeSpan every)
    {
        var answers = await Task.WhenAll(_connections.Select((connection, i) => AskAsync(connection, i, duration, every)));
        return ([.. answers.SelectMany(one => one.Times)], answers.Sum(one => one.Good));
    }

    /// <summary>Cuts the connections, answered or not.</summary>
    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private async Task<(List<double> Times, int Good)> AskAsync(Socket connection, int number, TimeSpan duration, TimeSpan every)
    {
        var (times, good, buffer) = (new List<double>(), 0, new byte[256 * 1024]);
        var watch = Stopwatch.StartNew();
        var turn = every * number / _connections.Length;
        while (watch.Elapsed < duration)
        {
            if (turn > watch.Elapsed) await Task.Delay(turn - watch.Elapsed);
            var asked = Stopwatch.GetTimestamp();
            try
            {
                await connection.SendAsync(_requests[(number + times.Count) % _requests.Count]);
                if (await ReceiveAsync(connection, buffer)) good++;
            }
            catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
            {
                break;
            }

            times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            do turn += every;
            while (every > TimeSpan.Zero && turn < watch.Elapsed);
        }

        return (times, good);
    }

    private static async Task<bool> ReceiveAsync(Socket connection, byte[] buffer)
    {
        var length = 0;
        do
        {
            var read = await connection.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0) throw new SocketException((int)SocketError.ConnectionReset);

            length += read;
        }
        while (!buffer.AsSpan(0, length).EndsWith("\r\n0\r\n\r\n"u8));
        return buffer.AsSpan().StartsWith("HTTP/1.1 2"u8);
    }
}
