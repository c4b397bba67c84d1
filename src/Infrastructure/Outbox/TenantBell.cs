using System.Threading.Channels;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>
/// Wakes whoever does a tenant's work on this instance, after a commit that queued some. What is not heard, because too
/// much rings or the process ends, a sweep finds later.
/// </summary>
/// <param name="tenantsSideBySide">At most so many at once.</param>
internal abstract partial class TenantBell(int tenantsSideBySide, IConfiguration configuration, ILogger log)
    : BackgroundService
{
    private readonly Channel<TenantId> _rung = Channel.CreateBounded<TenantId>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring(TenantId org) => _rung.Writer.TryWrite(org);

    /// <summary>Does what waits for the tenant; an exception is logged, and is the sweep's to make good.</summary>
    protected abstract Task AnswerAsync(TenantId org, CancellationToken stoppingToken);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        configuration.GetValue("Sweeps:Enabled", defaultValue: true)
            ? Parallel.ForEachAsync(
                _rung.Reader.ReadAllAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = tenantsSideBySide, CancellationToken = stoppingToken },
                async (org, stop) => await TryAnswerAsync(org, stop))
            : Task.CompletedTask;

    private async Task TryAnswerAsync(TenantId org, CancellationToken stoppingToken)
    {
        try
        {
            await AnswerAsync(org, stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failed(log, failure, GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Bell} rang, and what was to be done failed; the sweep tries again")]
    private static partial void Failed(ILogger log, Exception failure, string bell);
}
