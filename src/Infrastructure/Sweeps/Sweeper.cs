using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Sweeps;

/// <summary>A sweep and how often it is sent.</summary>
public sealed record Sweep(string Name, TimeSpan Every, Func<ISender, CancellationToken, Task> SendAsync);

/// <summary>
/// Sends the sweeps by timers (ADR 0008): each does what is due and lets other instances do the same beside it. One that
/// fails is tried again at its next time, and never ends the program.
/// </summary>
internal sealed partial class Sweeper(
    IEnumerable<Sweep> sweeps, IServiceScopeFactory scopes, IConfiguration configuration, TimeProvider clock,
    ILogger<Sweeper> log)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        configuration.GetValue("Sweeps:Enabled", defaultValue: true)
            ? Task.WhenAll(sweeps.Select(sweep => RunAsync(sweep, stoppingToken)))
            : Task.CompletedTask;

    private async Task RunAsync(Sweep sweep, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(sweep.Every, clock);
        do
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
                await sweep.SendAsync(scope.ServiceProvider.GetRequiredService<ISender>(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(failure, sweep.Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The sweep {Name} failed and is tried again at its next time")]
    private partial void Failed(Exception failure, string name);
}
