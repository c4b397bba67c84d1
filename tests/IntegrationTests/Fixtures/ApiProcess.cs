using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>The API as a program of its own, for what the test server hides: whether it starts, and its exit code.</summary>
public static partial class ApiProcess
{
    /// <summary>Runs it until it ends by itself; fails when it has not ended within the time.</summary>
    /// <param name="settings">Environment variables.</param>
    /// <param name="within">Then it is stopped.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IReadOnlyDictionary<string, string> settings, TimeSpan within, CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Start(settings, arguments);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(within);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts it on a database of this run, where it stays until it is disposed or killed.</summary>
    /// <param name="more">Environment variables beside those that name the database.</param>
    public static async Task<RunningApi> StartAsync(
        TestHost host, string database, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? more = null)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__App"] = host.Postgres.ConnectionString(database, "application_role"),
            ["ConnectionStrings__Platform"] = host.Postgres.ConnectionString(database, "platform_role"),
            ["Files__Root"] = TestFiles.RootOf(database),
            ["Sweeps__Enabled"] = "false",
            ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information",
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        var process = Start(settings);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
                if (Listening().Match(line) is { Success: true, Value: var address })
                    return new RunningApi(process, new Uri(address));

            throw new InvalidOperationException($"It did not start: {await process.StandardError.ReadToEndAsync(patience.Token)}");
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Start(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Testing", ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Files__Root"] = TestFiles.RootOf("process"), ["Mail__Host"] = "127.0.0.1", ["Mail__From"] = "events@platform.test",
            },
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    [GeneratedRegex("(?<=Now listening on: )http://127\\.0\\.0\\.1:[0-9]+", RegexOptions.None, 1_000)]
    private static partial Regex Listening();
}

/// <summary>The API as a process that answers.</summary>
public sealed class RunningApi : IDisposable
{
    private readonly Process _process;

    internal RunningApi(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        // Nobody reads the log; a full pipe would stop it.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
    }

    public Uri Address { get; }

    /// <summary>Bytes of memory that are in use by it now (VmRSS of proc(5)).</summary>
    public long ResidentBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1024;

    /// <summary>Waits until it has ended by itself, as at a fail point; false when it has not within the time.</summary>
    public async Task<bool> EndsAsync(TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>SIGKILL: nothing of it runs any more, no handler and no finally.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
