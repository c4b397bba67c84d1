using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Does what the outbox holds: claims, works outside every transaction, finishes. As platform_role.</summary>
public interface IOutboxDispatcher
{
    /// <summary>Works until nothing is due, or nothing that is due can be done now.</summary>
    /// <param name="orgId">One tenant's messages; null for all tenants'.</param>
    /// <returns>Messages done.</returns>
    Task<long> DispatchAsync(TenantId? orgId, CancellationToken cancellationToken);
}

/// <summary>What went wrong outside; the message is kept for operators and must name no secret and no address.</summary>
public sealed class DeliveryException(string message, DeliveryFault fault, Exception? inner = null)
    : Exception(message, inner)
{
    public DeliveryFault Fault { get; } = fault;
}

public enum DeliveryFault
{
    /// <summary>Worth another attempt.</summary>
    Passing,

    /// <summary>The other side has judged this message, and would judge it the same again.</summary>
    Final,

    /// <summary>The other side was not reached: that is not this message's fault.</summary>
    Unreachable,
}
