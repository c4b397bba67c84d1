using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace CleanTenancy.Benchmarks;

/// <summary>An HTTP server in a process of its own: its CPU is what is measured.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private Server(Process process, int port, int postmaster)
    {
        (_process, Port) = (process, port);
        Cpu = new CpuMeter(process.Id, postmaster);
    }

    public int Port { get; }

    public CpuMeter Cpu { get; }

    /// <summary>Bytes of memory that it has had at most (VmHWM of proc(5)).</summary>
    public long PeakBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1024;

    public static Task<Server> StartFloorAsync(Data data) =>
        StartAsync(
            data, Path.Combine(AppContext.BaseDirectory, "CleanTenancy.Benchmarks.dll"), ["floor"],
            (Floor.Database, data.Migrator));

    /// <param name="app">What the API takes for its database: it may be a proxy.</param>
    /// <param name="more">Settings beside the usual ones.</param>
    public static Task<Server> StartApiAsync(
        string api, Data data, string app, params (string Name, string Value)[] more) =>
        StartAsync(
            data, api, [],
            [("ConnectionStrings__App", app),
            ("ConnectionStrings__Platform", data.Platform),
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            // Their work would count as that of whatever is measured while they run.
            ("Sweeps__Enabled", "false"),
            ("Mail__Host", "127.0.0.1"), ("Mail__From", "events@localhost"),
            ("Files__Root", Path.Combine(Path.GetTempPath(), "clean-tenancy-bench-files")),
            ("Tenancy__BaseDomain", "localhost"), .. more]);

    public HttpRequestMessage ToFloor(Target target, Ask ask) => Request(ask, ask switch
    {
        Ask.One => $"/{target.Org}/{target.Event}",
        Ask.Page => $"/{target.Org}?limit=20",
        Ask.New => $"/{target.Org}",
        _ => throw new ArgumentOutOfRangeException(nameof(ask)),
    });

    public HttpRequestMessage ToOurs(Target target, Ask ask)
    {
        var request = Request(ask, ask switch
        {
            Ask.One => $"/v1/events/{target.Event}",
            Ask.Page => "/v1/events?limit=20",
            Ask.New => "/v1/events",
            _ => throw new ArgumentOutOfRangeException(nameof(ask)),
        });
        request.Headers.Host = HostOf(target.Slug);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", target.Token);
        return request;
    }

    public string HostOf(string slug) => string.Create(CultureInfo.InvariantCulture, $"{slug}.localhost:{Port}");

    public Uri Url(string path) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}{path}"));

    /// <summary>The bytes of each request, made once.</summary>
    public static IReadOnlyList<byte[]> Bytes(IEnumerable<HttpRequestMessage> requests) => [.. requests.Select(Bytes)];

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static byte[] Bytes(HttpRequestMessage request)
    {
        var body = request.Content is null ? "" : Data.NewEvent;
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{request.Method} {request.RequestUri!.PathAndQuery} HTTP/1.1\r\n")
            .Append(CultureInfo.InvariantCulture, $"Host: {request.Headers.Host ?? request.RequestUri.Authority}\r\n");
        if (request.Headers.Authorization is { } token)
            text.Append(CultureInfo.InvariantCulture, $"Authorization: {token}\r\n");
        if (body.Length > 0)
            text.Append("Content-Type: application/json\r\n")
                .Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        return Encoding.ASCII.GetBytes(text.Append("\r\n").Append(body).ToString());
    }

    private HttpRequestMessage Request(Ask ask, string path) =>
        ask is Ask.New
            ? new(HttpMethod.Post, Url(path))
            {
                Content = new StringContent(Data.NewEvent, new MediaTypeHeaderValue("application/json")),
            }
            : new(HttpMethod.Get, Url(path));

    private static async Task<Server> StartAsync(
        Data data, string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { WorkingDirectory = Path.GetDirectoryName(program) };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var server = new Server(Process.Start(start)!, port, data.Postmaster);
        try
        {
            await server.WaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task WaitAsync()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));
                return;
            }
            catch (SocketException) when (!_process.HasExited && watch.Elapsed < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
