using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>Rings when messages were queued.</summary>
internal sealed class OutboxBell(IOutboxDispatcher outbox, IConfiguration configuration, ILogger<OutboxBell> log)
    : TenantBell(TenantsSideBySide, configuration, log)
{
    private const int TenantsSideBySide = 4;

    protected override Task AnswerAsync(TenantId org, CancellationToken stoppingToken) =>
        outbox.DispatchAsync(org, stoppingToken);
}
