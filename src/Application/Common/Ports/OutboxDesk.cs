using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>
/// What operators see of all tenants' outboxes, and do about it. As platform_role; payloads stay where they are, for
/// they hold addresses and secrets.
/// </summary>
public interface IOutboxDesk
{
    /// <summary>Newest first.</summary>
    /// <param name="status">Only these; null for all.</param>
    /// <param name="org">Only this tenant's; null for everybody's.</param>
    /// <param name="before">Ids below this.</param>
    /// <param name="take">At most.</param>
    Task<IReadOnlyList<OutboxMessageDetails>> ListAsync(
        OutboxStatus? status, TenantId? org, MessageId before, int take, CancellationToken cancellationToken);

    /// <summary>Makes a dead message due again, with all its attempts; in the tenant's log and the platform's.</summary>
    /// <returns>Null for one that is not dead, or not there.</returns>
    Task<OutboxMessageDetails?> RetryAsync(MessageId id, string reason, CancellationToken cancellationToken);
}

public enum OutboxStatus
{
    /// <summary>To be done: now, at its next attempt, or by whoever has claimed it.</summary>
    Due,

    Done,

    /// <summary>Given up.</summary>
    Dead,
}

/// <summary>A message of a tenant's outbox, without what it holds.</summary>
/// <param name="Id">Of the message; of a mail also the Message-Id.</param>
/// <param name="TenantId">Whose it is.</param>
/// <param name="Kind">What is to be done, e.g. mail.</param>
/// <param name="Status">due, done or dead.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="CreatedAt">When it was queued.</param>
/// <param name="AvailableAt">Not before this is it tried next.</param>
/// <param name="DoneAt">When it was done.</param>
/// <param name="DeadAt">When it was given up.</param>
/// <param name="LastError">What went wrong at the last attempt.</param>
public sealed record OutboxMessageDetails(
    [property: Required] MessageId Id,
    [property: Required] TenantId TenantId,
    [property: Required] string Kind,
    [property: Required] OutboxStatus Status,
    [property: Required] int Attempts,
    [property: Required] DateTimeOffset CreatedAt,
    [property: Required] DateTimeOffset AvailableAt,
    DateTimeOffset? DoneAt,
    DateTimeOffset? DeadAt,
    string? LastError);
