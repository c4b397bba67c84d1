using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>Rings when an operation was queued, or when a sweep has found one.</summary>
internal sealed class OperationBell(
    OperationDispatcher operations, OperationRules rules, IConfiguration configuration, ILogger<OperationBell> log)
    : TenantBell(rules.AtOnce, configuration, log)
{
    protected override Task AnswerAsync(TenantId org, CancellationToken stoppingToken) =>
        operations.DispatchAsync(org, stoppingToken);
}
