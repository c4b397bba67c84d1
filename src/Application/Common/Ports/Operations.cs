using System.Buffers.Binary;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Long work, begun in a command's transaction and done after it (ADR 0048).</summary>
public interface IOperations
{
    /// <summary>Queues it for whoever asks; some instance takes it up after the commit, and not without one.</summary>
    /// <param name="kind">One of a kind at a time: an index refuses a second one.</param>
    /// <param name="arguments">What the work is told; kept as JSON.</param>
    /// <param name="id">Where something was stored under it before; else a new one.</param>
    Operation Queue<T>(OperationKind kind, T arguments, OperationId? id = null);
}

/// <summary>What timers do about operations. As platform_role.</summary>
public interface IOperationKeeping
{
    /// <summary>Wakes this instance for work that waits: whose beginner nobody heard, or whose instance died.</summary>
    /// <returns>Tenants with such work.</returns>
    Task<long> TakeUpAsync(CancellationToken cancellationToken);

    /// <summary>Erases what operations have left in the store for longer than they said.</summary>
    /// <returns>Operations cleared up after.</returns>
    Task<long> ClearAsync(CancellationToken cancellationToken);
}

/// <summary>Where operations keep bytes.</summary>
public static class OperationFiles
{
    /// <summary>
    /// Each attempt has a place of its own: one that was overtaken may still be writing. Which places there can be is
    /// told by the operation's row, so that all of them can be cleared up.
    /// </summary>
    /// <param name="org">The tenant.</param>
    /// <param name="id">The operation.</param>
    /// <param name="fence">The attempt's; 0 for what was stored before the first one: then it is the operation's id.</param>
    public static FileKey KeyOf(TenantId org, OperationId id, long fence)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        var tail = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], tail ^ fence);
        return new(org, new(new Guid(bytes, bigEndian: true)));
    }
}
