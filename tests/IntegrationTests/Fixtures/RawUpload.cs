using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>An upload byte by byte: slow, stalled, cut off.</summary>
public sealed class RawUpload : IAsyncDisposable
{
    private const string Boundary = "raw", End = $"\r\n--{Boundary}--\r\n";

    private readonly TcpClient _client = new();
    private NetworkStream _stream = null!;

    /// <summary>Sends everything before the first byte of the file.</summary>
    /// <param name="address">Of the API.</param>
    /// <param name="host">Of the tenant.</param>
    /// <param name="token">An access token.</param>
    /// <param name="size">Of the file, as Content-Length tells it.</param>
    /// <param name="headers">Lines, each with its end.</param>
    /// <param name="path">Where to.</param>
    public static async Task<RawUpload> StartAsync(
        Uri address, string host, string token, long size, string headers = "", string path = "/v1/files")
    {
        var upload = new RawUpload();
        await upload._client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        upload._stream = upload._client.GetStream();
        const string Head = $"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"raw.bin\"\r\n\r\n";
        var length = (Head.Length + size + End.Length).ToString(CultureInfo.InvariantCulture);
        await upload.SendAsync(Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n{headers}"
            + $"Content-Type: multipart/form-data; boundary={Boundary}\r\nContent-Length: {length}\r\n\r\n{Head}"));
        return upload;
    }

    public static Task<RawUpload> StartAsync(
        ApiClient client, TestTenant tenant, long size, string headers = "", string path = "/v1/files") =>
        StartAsync(tenant.Api.Address, tenant.Host, client.Token!, size, headers, path);

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    public Task EndAsync() => SendAsync(Encoding.UTF8.GetBytes(End));

    /// <summary>The head and the body of the answer.</summary>
    public async Task<string> AnswerAsync()
    {
        var (answer, buffer) = (new MemoryStream(), new byte[4096]);
        try
        {
            while (await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is var read and > 0)
                answer.Write(buffer, 0, read);
        }
        catch (IOException)
        {
            // A server that has answered does not wait for ever for the rest of the body.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        // Without lingering: the other side sees a reset, as of a client whose power failed.
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
