using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>An answer as it came over the wire.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">Everything between the status line and the body.</param>
/// <param name="Text">The body.</param>
public sealed record RawAnswer(int Status, string Headers, string Text)
{
    /// <summary>The problem's code; null if the body is no problem document.</summary>
    public string? Code
    {
        get
        {
            try
            {
                return Text.Length == 0 ? null : JsonNode.Parse(Text)?["code"]?.GetValue<string>();
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

/// <summary>Bytes to a socket: for what an HTTP client is too polite to send.</summary>
public static class RawHttp
{
    /// <summary>Sends the text as it is, in UTF-8, and reads until the server closes.</summary>
    public static async Task<RawAnswer> SendAsync(Uri address, string request, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = new StringBuilder();
        try
        {
            answer.Append(await reader.ReadToEndAsync(cancellationToken));
        }
        catch (IOException)
        {
            // The server closed while it was still being written to: what it said before counts.
        }

        return Parse(answer.ToString());
    }

    /// <summary>GET with this Host header and nothing else.</summary>
    public static Task<RawAnswer> GetAsync(Uri address, string host, string path, CancellationToken cancellationToken) =>
        SendAsync(address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", cancellationToken);

    private static RawAnswer Parse(string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) throw new InvalidOperationException($"Not an HTTP answer: {answer}");

        var (headers, body) = (answer[..end], answer[(end + 4)..]);
        var status = int.Parse(headers.Split(' ')[1], CultureInfo.InvariantCulture);
        return new(status, headers, headers.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase) ? Unchunk(body) : body);
    }

    /// <summary>Good enough for bodies that stand in one chunk, as problem documents do.</summary>
    private static string Unchunk(string body)
    {
        var line = body.IndexOf("\r\n", StringComparison.Ordinal);
        var size = int.Parse(body.AsSpan(0, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var bytes = Encoding.UTF8.GetBytes(body[(line + 2)..]);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(size, bytes.Length)));
    }
}
