using System.Diagnostics.Metrics;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Outbox;

/// <inheritdoc cref="IOutboxDispatcher"/>
internal sealed partial class OutboxDispatcher(
    OutboxQueue queue, IEnumerable<IOutboxHandler> handlers, OutboxRules rules, TimeProvider clock,
    ILogger<OutboxDispatcher> log)
    : IOutboxDispatcher
{
    /// <summary>No tenant keeps the others waiting for longer than a turn.</summary>
    private const int TenantsAtATime = 500, TenantsSideBySide = 8, MessagesOfATurn = 20;

    private static readonly TimeSpan TurnTime = TimeSpan.FromSeconds(10);

    private static readonly Counter<long> Dispatched =
        Telemetry.Meter.CreateCounter<long>("cleantenancy.outbox.dispatched", description: "Messages done.");

    private static readonly Counter<long> Failed =
        Telemetry.Meter.CreateCounter<long>("cleantenancy.outbox.failed", description: "Attempts that failed.");

    private static readonly Counter<long> Dead =
        Telemetry.Meter.CreateCounter<long>("cleantenancy.outbox.dead", description: "Messages given up.");

    private static readonly Counter<long> Overrun = Telemetry.Meter.CreateCounter<long>(
        "cleantenancy.outbox.overrun", description: "Attempts that outlasted their lease and were taken over.");

    private static readonly Gauge<double> OldestDueAge = Telemetry.Meter.CreateGauge<double>(
        "cleantenancy.outbox.oldest_due_age", "s", "For how long the oldest due message has been waiting.");

    private readonly Dictionary<string, IOutboxHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    /// <summary>A newer instance's kinds are left to it.</summary>
    private string[] Kinds => [.. _handlers.Keys];

    public async Task<long> DispatchAsync(TenantId? orgId, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            var done = orgId is { } org
                ? await TakeTurnAsync(org, cancellationToken)
                : await RoundAsync(cancellationToken);
            total += done;
            if (done == 0) return total;
        }
    }

    private async Task<long> RoundAsync(CancellationToken cancellationToken)
    {
        var due = await queue.DueAsync(Kinds, TenantsAtATime, cancellationToken);
        OldestDueAge.Record(due.Count == 0 ? 0 : (clock.GetUtcNow() - due[0].Since).TotalSeconds);
        var done = 0L;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = TenantsSideBySide,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(due, options, async (tenant, stop) =>
            Interlocked.Add(ref done, await TakeTurnAsync(tenant.OrgId, stop)));
        return done;
    }

    /// <summary>Some of one tenant's messages, one after the other.</summary>
    private async Task<long> TakeTurnAsync(TenantId org, CancellationToken cancellationToken)
    {
        var (started, done) = (clock.GetTimestamp(), 0L);
        for (var taken = 0; taken < MessagesOfATurn && clock.GetElapsedTime(started) < TurnTime; taken++)
        {
            if (await queue.ClaimAsync(org, Kinds, rules.Lease, cancellationToken) is not { } message) break;

            var failure = await AttemptAsync(message, cancellationToken);
            if (failure is null)
            {
                if (await DoneAsync(message)) done++;
                continue;
            }

            await FailedAsync(message, failure);
            // The next message would not come through either.
            if (failure.Fault is DeliveryFault.Unreachable) break;
        }

        return done;
    }

    /// <returns>Null when it was done.</returns>
    private async Task<DeliveryException?> AttemptAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        // Whatever it does to the process that works on it, it does so no more than this often.
        if (message is { Lapsed: true, Attempt: > OutboxRules.MaxAttempts })
            return new("The last attempts never came back.", DeliveryFault.Final);

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(rules.Timeout);
        try
        {
            await _handlers[message.Kind].HandleAsync(message, timeout.Token);
            return null;
        }
        catch (DeliveryException failure)
        {
            return failure;
        }
        // When this instance stops, the lease runs out and another one takes over.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The text of a foreign exception may hold what was sent.
            var reason = failure is OperationCanceledException ? "Timed out." : failure.GetType().Name;
            return new(reason, DeliveryFault.Passing, failure);
        }
    }

    /// <summary>What was done is written down even if this instance is about to stop.</summary>
    private async Task<bool> DoneAsync(OutboxDelivery message)
    {
        if (!await queue.DoneAsync(message, CancellationToken.None)) return TakenOver(message);

        Dispatched.Add(1, KeyValuePair.Create<string, object?>("kind", message.Kind));
        return true;
    }

    private async Task FailedAsync(OutboxDelivery message, DeliveryException failure)
    {
        var kind = KeyValuePair.Create<string, object?>("kind", message.Kind);
        Failed.Add(1, kind);
        if (OutboxRules.IsDead(failure.Fault, message.Attempt, clock.GetUtcNow() - message.QueuedAt))
        {
            if (!await queue.BuryAsync(message, failure.Message, CancellationToken.None))
            {
                TakenOver(message);
                return;
            }

            Dead.Add(1, kind);
            GivenUp(message.Kind, message.Id, message.Tenant.Id, message.Attempt, failure.Message);
            return;
        }

        var delay = OutboxRules.DelayAfter(message.Attempt);
        if (!await queue.PostponeAsync(message, delay, failure.Message, CancellationToken.None))
        {
            TakenOver(message);
            return;
        }

        Postponed(message.Kind, message.Id, message.Tenant.Id, message.Attempt, failure.Message, delay);
    }

    private bool TakenOver(OutboxDelivery message)
    {
        Overrun.Add(1, KeyValuePair.Create<string, object?>("kind", message.Kind));
        Overran(message.Kind, message.Id, message.Tenant.Id, message.Attempt);
        return false;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Outbox: {Kind} {Id} of {OrgId}, attempt {Attempt} failed: {Reason} Next in {Delay}")]
    private partial void Postponed(string kind, MessageId id, TenantId orgId, int attempt, string reason, TimeSpan delay);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Outbox: {Kind} {Id} of {OrgId} was given up after attempt {Attempt}: {Reason}")]
    private partial void GivenUp(string kind, MessageId id, TenantId orgId, int attempt, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Outbox: {Kind} {Id} of {OrgId}, attempt {Attempt} outlasted its lease, and another took over")]
    private partial void Overran(string kind, MessageId id, TenantId orgId, int attempt);
}
