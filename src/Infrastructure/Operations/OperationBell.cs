using System.Threading.Channels;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>
/// Runs operations on this instance, some at once, after a commit that queued one or a sweep that found one. What is not
/// heard, because too much rings or the process ends, the next sweep finds.
/// </summary>
internal sealed partial class OperationBell(
    OperationDispatcher operations, OperationRules rules, IConfiguration configuration, ILogger<OperationBell> log)
    : BackgroundService
{
    private readonly Channel<TenantId> _rung = Channel.CreateBounded<TenantId>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring(TenantId org) => _rung.Writer.TryWrite(org);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        configuration.GetValue("Sweeps:Enabled", defaultValue: true)
            ? Parallel.ForEachAsync(
                _rung.Reader.ReadAllAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = rules.AtOnce, CancellationToken = stoppingToken },
                async (org, stop) => await DispatchAsync(org, stop))
            : Task.CompletedTask;

    private async Task DispatchAsync(TenantId org, CancellationToken stoppingToken)
    {
        try
        {
            await operations.DispatchAsync(org, stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Operations were rung for and failed; the sweep tries again")]
    private partial void Failed(Exception failure);
}
