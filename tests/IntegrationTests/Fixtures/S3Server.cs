using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>A store that speaks S3, from npm: s3rver, with one bucket in a folder of its own.</summary>
public sealed class S3Server : IDisposable
{
    public const string Bucket = "files", Key = "S3RVER";

    private readonly Process _process;
    private readonly string _folder;

    private S3Server(Process process, string folder, int port) =>
        (_process, _folder, Endpoint) = (process, folder, $"http://127.0.0.1:{port}");

    public string Endpoint { get; }

    /// <summary>What there is in the bucket, by key.</summary>
    public IReadOnlyList<string> Keys =>
    [
        .. Directory.EnumerateFiles(Path.Combine(_folder, Bucket), "*._S3rver_object", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Path.Combine(_folder, Bucket), path).Replace("._S3rver_object", "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static async Task<S3Server> StartAsync(CancellationToken cancellationToken)
    {
        var program = Repository.PathOf("tools/node_modules/s3rver/bin/s3rver.js");
        if (!File.Exists(program)) throw new InvalidOperationException("s3rver is not there: npm ci --prefix tools brings it.");

        var folder = Directory.CreateTempSubdirectory("clean-tenancy-s3").FullName;
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo("node",
        [
            program, "--directory", folder, "--address", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture),
            "--configure-bucket", Bucket, "--silent",
        ])
        { UseShellExecute = false })!;
        var server = new S3Server(process, folder, port);
        await Eventually.HoldsAsync(async () => await AnswersAsync(port, cancellationToken), TimeSpan.FromSeconds(30));
        return server;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
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
