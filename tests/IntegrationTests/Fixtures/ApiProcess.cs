using System.Diagnostics;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>The API as a program of its own, for what the test server hides: whether it starts, and its exit code.</summary>
public static class ApiProcess
{
    /// <summary>Runs it until it ends by itself; fails when it has not ended within the time.</summary>
    /// <param name="settings">Environment variables.</param>
    /// <param name="within">Then it is stopped.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IReadOnlyDictionary<string, string> settings, TimeSpan within, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Testing", ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Mail__Host"] = "127.0.0.1", ["Mail__From"] = "events@platform.test",
            },
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        using var process = Process.Start(start)!;
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
}
