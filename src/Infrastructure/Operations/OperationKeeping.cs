using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Operations;

/// <inheritdoc cref="IOperationKeeping"/>
internal sealed partial class OperationKeeping(
    OperationDispatcher operations, OperationBell bell, OperationQueue queue, IFileStore store,
    ILogger<OperationKeeping> log) : IOperationKeeping
{
    private const int AtATime = 500;

    public async Task<long> TakeUpAsync(CancellationToken cancellationToken)
    {
        var due = await operations.DueAsync(AtATime, cancellationToken);
        foreach (var org in due) bell.Ring(org);
        return due.Count;
    }

    public async Task<long> ClearAsync(CancellationToken cancellationToken)
    {
        var (total, after) = (0L, new OperationId(Guid.Empty));
        while (true)
        {
            var expired = await queue.ExpiredAsync(after, AtATime, cancellationToken);
            foreach (var (org, id, fence) in expired)
                if (await ClearAsync(org, id, fence, cancellationToken))
                    total++;
            if (expired.Count < AtATime) return total;

            after = expired[^1].Id; // those that could not be cleared wait for the next time
        }
    }

    /// <summary>The bytes first: as long as the row says so, somebody will look for them.</summary>
    private async Task<bool> ClearAsync(
        TenantId org, OperationId id, long lastFence, CancellationToken cancellationToken)
    {
        try
        {
            for (var fence = 0L; fence <= lastFence; fence++)
                await store.EraseAsync(OperationFiles.KeyOf(org, id, fence), cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotErased(failure, id, org);
            return false;
        }

        return await queue.ClearedAsync(org, id, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What the operation {Id} of {OrgId} left cannot be erased")]
    private partial void NotErased(Exception failure, OperationId id, TenantId orgId);
}
