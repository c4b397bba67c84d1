using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Audit;

/// <summary>What kind of actor did something.</summary>
public enum ActorKind
{
    /// <summary>A member of the tenant.</summary>
    User,

    /// <summary>Somebody who has not signed in.</summary>
    Public,

    /// <summary>A program with a key of the tenant.</summary>
    ApiKey,

    /// <summary>A person of the platform.</summary>
    Operator,

    /// <summary>The platform itself: sweeps, migrations.</summary>
    System,
}

/// <summary>One line of a tenant's log: a deed, a denied attempt, or a changed row. Written by the database only.</summary>
public sealed class AuditEntry : ITenantOwned
{
    private AuditEntry()
    {
    }

    public TenantId OrgId { get; private init; }

    public AuditEntryId Id { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>The deed in the past tense, or insert, update, delete for a row.</summary>
    public string Action { get; private init; } = "";

    /// <summary>Null for a deed.</summary>
    public string? TableName { get; private init; }

    public Guid? RowId { get; private init; }

    /// <summary>JSON: by column, {old, new}, or {redacted}. Null for a deed.</summary>
    public string? Changes { get; private init; }

    /// <summary>JSON: what the name of the deed does not say.</summary>
    public string? Details { get; private init; }

    public ActorKind ActorKind { get; private init; }

    public Guid? ActorId { get; private init; }

    /// <summary>For whom an operator or a key acted.</summary>
    public Guid? OnBehalfOf { get; private init; }

    /// <summary>The client's.</summary>
    public string? Address { get; private init; }

    public string? RequestId { get; private init; }

    /// <summary>Of the W3C trace.</summary>
    public string? TraceId { get; private init; }
}

/// <summary>
/// A batch of the log's lines, hashed and chained to the batch before: who changes a line breaks it. Its digests stay in
/// the database.
/// </summary>
public sealed class AuditSeal : ITenantOwned
{
    private AuditSeal()
    {
    }

    public TenantId OrgId { get; private init; }

    /// <summary>From 1, without gaps.</summary>
    public long Seq { get; private init; }

    public DateTimeOffset SealedAt { get; private init; }

    /// <summary>The newest of its lines.</summary>
    public DateTimeOffset ThroughAt { get; private init; }

    public int RowCount { get; private init; }

    /// <summary>SHA-256 over the head before, the number and the lines' digests.</summary>
    public byte[] Head { get; private init; } = [];
}
