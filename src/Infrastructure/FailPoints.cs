using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace CleanTenancy.Infrastructure;

/// <summary>Places at which tests let the process die: between two things that must both happen, or neither.</summary>
internal interface IFailPoints
{
    /// <summary>Returns, or never.</summary>
    void Pass(string name);
}

internal static class FailPoints
{
    /// <summary>
    /// Only a host that calls itself Testing, and is told where, dies: everywhere else nothing is ever read of it.
    /// </summary>
    public static IFailPoints Of(IHostEnvironment environment, IConfiguration configuration) =>
        environment.IsEnvironment("Testing") && configuration["FailPoints:KillAt"] is { Length: > 0 } name
            ? new Deadly(name)
            : new Harmless();

    private sealed class Harmless : IFailPoints
    {
        public void Pass(string name)
        {
        }
    }

    /// <summary>As kill -9: no handler runs, no finally, nothing is flushed.</summary>
    private sealed class Deadly(string at) : IFailPoints
    {
        public void Pass(string name)
        {
            if (name != at) return;

            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite); // the signal needs a moment, and nothing may happen in it
        }
    }
}
