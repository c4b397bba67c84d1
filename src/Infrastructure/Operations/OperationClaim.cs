using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Operations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>An operation that this instance has claimed.</summary>
/// <param name="Arguments">JSON, as it was queued.</param>
/// <param name="Attempt">This one's number, from one.</param>
/// <param name="Fence">Whoever claims it next has a higher one, and then this one can finish nothing.</param>
internal sealed record OperationClaim(
    TenantId OrgId, OperationId Id, OperationKind Kind, string Arguments, UserId StartedBy, int Attempt, long Fence)
{
    /// <summary>Where this attempt may keep bytes.</summary>
    public FileKey Key => OperationFiles.KeyOf(OrgId, Id, Fence);
}

/// <summary>Does the operations of one kind.</summary>
internal interface IOperationRunner
{
    OperationKind Kind { get; }

    /// <summary>
    /// Runs outside every transaction; opens its own. What it throws is tried again, by this instance or another, and it
    /// must bear being run twice. The token is cancelled when the claim is lost.
    /// </summary>
    Task<OperationOutcome> RunAsync(OperationClaim claim, OperationMeter meter, CancellationToken cancellationToken);
}

/// <summary>How an attempt ended.</summary>
/// <param name="Result">JSON; null for nothing to say.</param>
/// <param name="Error">A problem code; null when it succeeded.</param>
/// <param name="ExpiresAt">From then on what it left in the store is erased; null: as soon as may be.</param>
internal sealed record OperationOutcome(string? Result, string? Error, DateTimeOffset? ExpiresAt)
{
    /// <summary>
    /// The runner has finished the operation by itself, in the transaction of the effect
    /// (<see cref="Persistence.OperationQueue.Finish"/>).
    /// </summary>
    public static readonly OperationOutcome Committed = new(Result: null, Error: null, ExpiresAt: null);

    public static OperationOutcome Succeeded(OperationResult result, DateTimeOffset? expiresAt = null) =>
        new(JsonSerializer.Serialize(result, Wire.Json), Error: null, expiresAt);

    /// <summary>For good: another attempt would end alike.</summary>
    public static OperationOutcome Failed(string code, OperationResult? result = null) =>
        new(result is null ? null : JsonSerializer.Serialize(result, Wire.Json), code, ExpiresAt: null);
}

/// <summary>How far an attempt is; written down with each beat.</summary>
internal sealed class OperationMeter
{
    private long _done, _total = -1;

    public long Done => Interlocked.Read(ref _done);

    public long? Total => Interlocked.Read(ref _total) is >= 0 and var total ? total : null;

    public void Expect(long total) => Interlocked.Exchange(ref _total, total);

    public void Add(long done) => Interlocked.Add(ref _done, done);
}
