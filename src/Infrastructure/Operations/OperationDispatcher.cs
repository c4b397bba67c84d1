using System.Diagnostics;
using System.Diagnostics.Metrics;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>Claims operations, runs them, keeps the lease while they run, and finishes them with its fence.</summary>
internal sealed partial class OperationDispatcher(
    OperationQueue queue, IEnumerable<IOperationRunner> runners, OperationRules rules, IFileStore store,
    ILogger<OperationDispatcher> log)
{
    private static readonly Counter<long> Ended =
        Telemetry.Meter.CreateCounter<long>("cleantenancy.operations.ended", description: "Attempts that ended.");

    private readonly Dictionary<OperationKind, IOperationRunner> _runners = runners.ToDictionary(one => one.Kind);

    /// <summary>A newer instance's kinds are left to it.</summary>
    private string[] Kinds => [.. _runners.Keys.Select(Wire.Text)];

    public Task<IReadOnlyList<TenantId>> DueAsync(int limit, CancellationToken cancellationToken) =>
        queue.DueAsync(Kinds, limit, cancellationToken);

    /// <summary>One tenant's operations, one after the other, until none waits.</summary>
    /// <returns>Operations finished.</returns>
    public async Task<long> DispatchAsync(TenantId org, CancellationToken cancellationToken)
    {
        var done = 0L;
        while (await queue.ClaimAsync(org, Kinds, rules.Lease, cancellationToken) is { } claim)
            if (await RunAsync(claim, cancellationToken))
                done++;
        return done;
    }

    private async Task<bool> RunAsync(OperationClaim claim, CancellationToken cancellationToken)
    {
        var meter = new OperationMeter();
        // Whatever it does to the process that works on it, it does so no more than this often.
        if (claim.Attempt > OperationRules.MaxAttempts) return await GiveUpAsync(claim, meter);

        using var work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beats = BeatAsync(claim, meter, work);
        OperationOutcome outcome;
        try
        {
            outcome = await _runners[claim.Kind].RunAsync(claim, meter, work.Token);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return await FailedAsync(claim, meter, failure, cancellationToken);
        }
        finally
        {
            await work.CancelAsync();
            await beats;
        }

        if (!ReferenceEquals(outcome, OperationOutcome.Committed)
            && !await queue.FinishAsync(claim, meter, outcome, CancellationToken.None))
            return await TakenOverAsync(claim);

        Count(claim, outcome.Error is null ? "succeeded" : "failed");
        return true;
    }

    /// <summary>
    /// The lease anew with each beat. When it cannot be had, because another instance has it or the database was not
    /// reached for as long as it lasts, the work is stopped.
    /// </summary>
    private async Task BeatAsync(OperationClaim claim, OperationMeter meter, CancellationTokenSource work)
    {
        var heard = Stopwatch.GetTimestamp();
        try
        {
            using var timer = new PeriodicTimer(rules.Beat);
            while (await timer.WaitForNextTickAsync(work.Token))
            {
                if (await TryBeatAsync(claim, meter, work.Token) is not { } isOurs)
                {
                    if (Stopwatch.GetElapsedTime(heard) < rules.Lease) continue;
                    isOurs = false;
                }

                if (!isOurs)
                {
                    await work.CancelAsync();
                    return;
                }

                heard = Stopwatch.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
    }

    /// <returns>Null when nobody knows.</returns>
    private async Task<bool?> TryBeatAsync(
        OperationClaim claim, OperationMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.BeatAsync(claim, meter, rules.Lease, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            NotHeard(failure, claim.Kind, claim.Id);
            return null;
        }
    }

    private async Task<bool> FailedAsync(
        OperationClaim claim, OperationMeter meter, Exception failure, CancellationToken cancellationToken)
    {
        var isStopping = cancellationToken.IsCancellationRequested;
        if (!isStopping) Failed(failure, claim.Kind, claim.Id, claim.OrgId, claim.Attempt);
        if (!isStopping && claim.Attempt >= OperationRules.MaxAttempts) return await GiveUpAsync(claim, meter);

        var delay = isStopping ? TimeSpan.Zero : OperationRules.DelayAfter(claim.Attempt);
        if (!await queue.PutBackAsync(claim, delay, isCounted: !isStopping, CancellationToken.None)) return await TakenOverAsync(claim);

        Count(claim, "put back");
        return false;
    }

    private async Task<bool> GiveUpAsync(OperationClaim claim, OperationMeter meter)
    {
        var outcome = OperationOutcome.Failed(OperationErrors.Failed.Code);
        if (!await queue.FinishAsync(claim, meter, outcome, CancellationToken.None)) return await TakenOverAsync(claim);

        GivenUp(claim.Kind, claim.Id, claim.OrgId);
        Count(claim, "failed");
        return true;
    }

    /// <summary>
    /// Nobody else looks for what this attempt has stored: after a purge there is no row that tells of it.
    /// </summary>
    private async Task<bool> TakenOverAsync(OperationClaim claim)
    {
        Overran(claim.Kind, claim.Id, claim.OrgId, claim.Attempt);
        Count(claim, "taken over");
        try
        {
            await store.EraseAsync(claim.Key, CancellationToken.None);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            NotErased(failure, claim.Kind, claim.Id, claim.OrgId);
        }

        return false;
    }

    private static void Count(OperationClaim claim, string end) => Ended.Add(
        1,
        KeyValuePair.Create<string, object?>("kind", Wire.Text(claim.Kind)),
        KeyValuePair.Create<string, object?>("end", end));

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Operation {Kind} {Id} of {OrgId}: attempt {Attempt} failed, and is tried again")]
    private partial void Failed(Exception failure, OperationKind kind, OperationId id, TenantId orgId, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Operation {Kind} {Id} of {OrgId} was given up")]
    private partial void GivenUp(OperationKind kind, OperationId id, TenantId orgId);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Operation {Kind} {Id} of {OrgId}: attempt {Attempt} outlasted its lease, and another took over")]
    private partial void Overran(OperationKind kind, OperationId id, TenantId orgId, int attempt);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "What an attempt at operation {Kind} {Id} of {OrgId} left cannot be erased")]
    private partial void NotErased(Exception failure, OperationKind kind, OperationId id, TenantId orgId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Operation {Kind} {Id}: the lease could not be had anew")]
    private partial void NotHeard(Exception failure, OperationKind kind, OperationId id);
}
