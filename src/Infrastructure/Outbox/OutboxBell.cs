using System.Threading.Channels;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>
/// Wakes the dispatcher on this instance after a commit that queued something. What is not heard, because too much rings
/// or the process ends, the sweep finds seconds later.
/// </summary>
internal sealed partial class OutboxBell(
    IOutboxDispatcher outbox, IConfiguration configuration, ILogger<OutboxBell> log) : BackgroundService
{
    private const int TenantsSideBySide = 4;

    private readonly Channel<TenantId> _rung = Channel.CreateBounded<TenantId>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring(TenantId org) => _rung.Writer.TryWrite(org);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        configuration.GetValue("Sweeps:Enabled", defaultValue: true)
            ? Parallel.ForEachAsync(
                _rung.Reader.ReadAllAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = TenantsSideBySide, CancellationToken = stoppingToken },
                async (org, stop) => await DispatchAsync(org, stop))
            : Task.CompletedTask;

    private async Task DispatchAsync(TenantId org, CancellationToken stoppingToken)
    {
        try
        {
            await outbox.DispatchAsync(org, stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The outbox was rung for and failed; the sweep tries again")]
    private partial void Failed(Exception failure);
}
