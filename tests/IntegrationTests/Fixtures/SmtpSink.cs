using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>How the sink answers a mail.</summary>
public enum SinkMood
{
    /// <summary>250.</summary>
    Takes,

    /// <summary>451: later perhaps.</summary>
    Postpones,

    /// <summary>550: never.</summary>
    Refuses,

    /// <summary>Takes it, and cuts the connection before it says so.</summary>
    TakesAndDrops,

    /// <summary>250, and cuts the connection before anybody says goodbye.</summary>
    TakesAndHangsUp,
}

/// <summary>A mail as it was received.</summary>
public sealed record ReceivedMail(MimeMessage Message)
{
    public string Subject => Message.Subject!;

    public string Text => Message.TextBody!;

    public string Html => Message.HtmlBody!;

    /// <summary>The first link of the text.</summary>
    public Uri Link => new(Text.Split('\n').First(line => line.StartsWith("http", StringComparison.Ordinal)).Trim());

    /// <summary>What stands behind token= in the link.</summary>
    public string Token => Link.Query[(Link.Query.IndexOf("token=", StringComparison.Ordinal) + 6)..];
}

/// <summary>A mail server that keeps what it is given (RFC 5321), in this process.</summary>
public sealed class SmtpSink : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<MimeMessage> _mails = [];

    public SmtpSink()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>For all APIs that need nothing special.</summary>
    public static SmtpSink Shared { get; } = new();

    public SinkMood Mood { get; set; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IReadOnlyList<ReceivedMail> To(string email) =>
    [
        .. _mails.Where(m => m.To.Mailboxes.Any(box => box.Address.Equals(email, StringComparison.OrdinalIgnoreCase)))
            .Select(m => new ReceivedMail(m)),
    ];

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception ended) when (ended is ObjectDisposedException or SocketException)
        {
            // Over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            await SayAsync(stream, "220 sink");
            while (await reader.ReadLineAsync() is { } line)
            {
                var verb = line.Split(' ')[0].ToUpperInvariant();
                if (verb == "QUIT")
                {
                    await SayAsync(stream, "221 bye");
                    return;
                }

                if (verb != "DATA")
                {
                    await SayAsync(stream, verb == "EHLO" ? "250-sink\r\n250 8BITMIME" : "250 ok");
                    continue;
                }

                await SayAsync(stream, "354 go on");
                var (mail, mood) = (await ReadMailAsync(reader), Mood);
                if (mood is not (SinkMood.Postpones or SinkMood.Refuses)) _mails.Enqueue(mail);
                if (mood is SinkMood.TakesAndDrops) return;

                await SayAsync(stream, mood switch
                {
                    SinkMood.Postpones => "451 later",
                    SinkMood.Refuses => "550 no such person",
                    _ => "250 taken",
                });
                if (mood is SinkMood.TakesAndHangsUp) return;
            }
        }
        catch (IOException)
        {
            // The client went away.
        }
    }

    private static async Task<MimeMessage> ReadMailAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line && line != ".")
            text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        using var bytes = new MemoryStream(Encoding.Latin1.GetBytes(text.ToString()));
        return await MimeMessage.LoadAsync(bytes);
    }

    private static Task SayAsync(NetworkStream stream, string line) =>
        stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n")).AsTask();
}
