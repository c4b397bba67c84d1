using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Operations;

public enum OperationKind
{
    Export,
    Import,
}

public enum OperationStatus
{
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// <summary>
/// Long work that somebody started. An instance claims it with a lease by the database's clock, and whoever claims it
/// next has a higher fence: then this one can finish nothing.
/// </summary>
public sealed class Operation : ITenantOwned
{
    public const int ErrorMaxLength = 60;

    private Operation()
    {
    }

    public TenantId OrgId { get; private init; }

    public OperationId Id { get; private init; }

    public OperationKind Kind { get; private init; }

    public OperationStatus Status { get; private set; }

    /// <summary>Rows, or other units of the work, that are done.</summary>
    public long Done { get; private set; }

    /// <summary>How many there are; null before that is known.</summary>
    public long? Total { get; private set; }

    /// <summary>JSON: what the work was asked to do.</summary>
    public string Arguments { get; private init; } = "{}";

    /// <summary>JSON: what came of it; null before.</summary>
    public string? Result { get; private set; }

    /// <summary>A problem code; null unless it failed.</summary>
    public string? Error { get; private set; }

    /// <summary>The person; of a key the one who made it.</summary>
    public UserId StartedBy { get; private init; }

    public int Attempts { get; private set; }

    public DateTimeOffset? ClaimedUntil { get; private set; }

    public long Fence { get; private set; }

    /// <summary>From then on what it left in the store is erased; null while it is not known.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public static Operation Queue(
        TenantId orgId, OperationId id, OperationKind kind, string arguments, UserId by, DateTimeOffset now) =>
        new()
        {
            OrgId = orgId,
            Id = id,
            Kind = kind,
            Status = OperationStatus.Queued,
            Arguments = arguments,
            StartedBy = by,
            CreatedAt = now,
            UpdatedAt = now,
        };
}
