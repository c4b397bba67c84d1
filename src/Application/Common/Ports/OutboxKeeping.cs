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

/// <summary>The outbox as operators see it: never a payload, which may hold what a mail shows once.</summary>
public interface IOutboxMessages
{
    /// <summary>Messages older than an id, newest first.</summary>
    Task<IReadOnlyList<OutboxMessageDetails>> ListAsync(
        OutboxStatus status, MessageId before, int limit, CancellationToken cancellationToken);

    /// <summary>Makes a dead message due again, with all its attempts before it.</summary>
    /// <returns>False when there is no such dead message.</returns>
    Task<bool> RetryAsync(MessageId id, CancellationToken cancellationToken);
}

public enum OutboxStatus
{
    /// <summary>To be done: now, or at its next attempt.</summary>
    Due,

    /// <summary>Given up.</summary>
    Dead,
}

/// <summary>A message of the outbox.</summary>
/// <param name="OrgId">The tenant.</param>
/// <param name="Kind">What is to be done, e.g. mail.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="AvailableAt">Not tried before this.</param>
/// <param name="DeadAt">When it was given up; null while it is not.</param>
/// <param name="LastError">Why the last attempt failed; null before the first failure.</param>
public sealed record OutboxMessageDetails(
    MessageId Id,
    TenantId OrgId,
    string Kind,
    OutboxStatus Status,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset AvailableAt,
    DateTimeOffset? DeadAt,
    string? LastError);

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
