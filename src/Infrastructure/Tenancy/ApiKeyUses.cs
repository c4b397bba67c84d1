using System.Threading.Channels;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>When keys were last used: noted on the request's path, written beside it.</summary>
internal sealed class ApiKeyUses(TimeProvider clock)
{
    private readonly Channel<(TenantId Org, ApiKeyId Key, DateTimeOffset At)> _noted =
        Channel.CreateBounded<(TenantId, ApiKeyId, DateTimeOffset)>(
            new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ExpiringCache<ApiKeyId, DateTimeOffset> _minutes = new(capacity: 20_000, clock);

    public ChannelReader<(TenantId Org, ApiKeyId Key, DateTimeOffset At)> Noted => _noted.Reader;

    /// <summary>Once in a minute for each key; when the writer cannot follow, not at all.</summary>
    public void Used(TenantId org, ApiKeyId key, DateTimeOffset now)
    {
        var minute = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        if (_minutes.TryGet(key, out var noted) && noted >= minute) return;

        _minutes.Set(key, minute, minute.AddMinutes(2));
        _noted.Writer.TryWrite((org, key, minute));
    }
}

/// <summary>Writes them, each in a short transaction of its own.</summary>
internal sealed partial class ApiKeyUseWriter(
    ApiKeyUses uses, IDbContextFactory<AppDbContext> contexts, ILogger<ApiKeyUseWriter> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (org, key, at) in uses.Noted.ReadAllAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(org, key, at, stoppingToken);
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or InvalidOperationException)
            {
                Lost(failure); // a convenience: the next minute is written again
            }
        }
    }

    private async Task WriteAsync(TenantId org, ApiKeyId key, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(org));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.ApiKeys.Where(k => k.Id == key && (k.LastUsedAt == null || k.LastUsedAt < at))
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, at), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last use of a key was not written")]
    private partial void Lost(Exception failure);
}
