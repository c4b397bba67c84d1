using CleanTenancy.Domain.Common;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>A message that this instance has claimed.</summary>
/// <param name="Payload">JSON, as it was queued.</param>
/// <param name="Attempt">This one's number, from one.</param>
/// <param name="Fence">Whoever claims it next has a higher one, and then this one can finish nothing.</param>
/// <param name="Lapsed">Whoever claimed it last never came back.</param>
internal sealed record OutboxDelivery(
    OutboxTenant Tenant,
    MessageId Id,
    string Kind,
    string Payload,
    DateTimeOffset QueuedAt,
    int Attempt,
    long Fence,
    bool Lapsed);

/// <summary>What a message's receiver is shown of the tenant.</summary>
internal sealed record OutboxTenant(TenantId Id, string Name, string Locale, string TimeZone);

/// <summary>Does the messages of one kind.</summary>
internal interface IOutboxHandler
{
    string Kind { get; }

    /// <summary>
    /// Runs outside every transaction, at least once for each message and seldom more: it must bear being run twice.
    /// </summary>
    Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken);
}
