using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Outbox;

/// <summary>
/// Something that happens outside after the commit: written in the transaction of its cause, done at least once, in the
/// tenant's order.
/// </summary>
public sealed class OutboxMessage : ITenantOwned
{
    public const int KindMaxLength = 60;

    private OutboxMessage()
    {
    }

    public TenantId OrgId { get; private init; }

    public MessageId Id { get; private init; }

    /// <summary>What is to be done, e.g. mail.</summary>
    public string Kind { get; private init; } = "";

    /// <summary>JSON; emptied when it is done, for it may hold what a mail shows once.</summary>
    public string Payload { get; private init; } = "";

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>Not before this.</summary>
    public DateTimeOffset AvailableAt { get; private init; }

    public static OutboxMessage Of(TenantId orgId, string kind, string payload, DateTimeOffset now) => new()
    {
        OrgId = orgId,
        Id = MessageId.New(now),
        Kind = kind,
        Payload = payload,
        CreatedAt = now,
        AvailableAt = now,
    };
}
