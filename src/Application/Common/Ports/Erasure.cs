using System.ComponentModel.DataAnnotations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Erases tenants for good, and keeps what is left of them (ADR 0051). As platform_role.</summary>
public interface IErasure
{
    /// <summary>Deleted becomes Purged: from then on no host answers, and nothing brings the tenant back.</summary>
    /// <returns>When it began; or not_found, invalid_transition, purge_not_due, or that the slug is another.</returns>
    Task<Result<DateTimeOffset>> PurgeAsync(TenantId org, PurgeOrder order, CancellationToken cancellationToken);

    /// <summary>Begins the purges whose time has come, and goes on with all that are not over.</summary>
    /// <returns>Purges that were finished.</returns>
    Task<long> PurgeDueAsync(CancellationToken cancellationToken);

    /// <summary>Purges again, whatever state they are in, tenants that a restored backup has brought back.</summary>
    /// <returns>Purges that were begun.</returns>
    Task<long> ReplayAsync(IReadOnlyList<TenantId> purged, CancellationToken cancellationToken);

    /// <returns>Null when the tenant was not erased, or not all of it is.</returns>
    Task<ErasureCertificate?> FindCertificateAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>Frees the names of tenants that have been gone for long enough.</summary>
    /// <returns>Tenants whose names were freed.</returns>
    Task<long> ReleaseNamesAsync(CancellationToken cancellationToken);

    /// <summary>Deletes what the law wants to be kept no longer.</summary>
    /// <returns>Rows deleted.</returns>
    Task<long> ExpireLedgerAsync(CancellationToken cancellationToken);
}

/// <summary>What an operator wants to be purged.</summary>
/// <param name="Slug">The tenant's, for whoever mixes up two ids.</param>
/// <param name="Reason">In the operator's words.</param>
/// <param name="Early">Before the time to restore it is over.</param>
public sealed record PurgeOrder(string Slug, string Reason, bool Early);

/// <summary>A certificate of erasure. It holds numbers, and nothing of what they count.</summary>
/// <param name="TenantId">Whose id nothing answers to any more.</param>
/// <param name="Kind">Why: a purge, or a purge repeated after a backup was restored.</param>
/// <param name="RequestedBy">The operator; null when it was due.</param>
/// <param name="Reason">The operator's.</param>
/// <param name="StartedAt">From then on nothing could bring the tenant back.</param>
/// <param name="FinishedAt">From then on nothing of it was left.</param>
/// <param name="Rows">Of all tables.</param>
/// <param name="Files">In the store: whole ones, halves, archives of exports.</param>
/// <param name="Bytes">Of those.</param>
/// <param name="Tables">In the order in which they were emptied.</param>
/// <param name="Sha256">SHA-256, in hex, of this document as it is sent but with an empty text here.</param>
public sealed record ErasureCertificate(
    [property: Required] TenantId TenantId,
    [property: Required] ErasureKind Kind,
    [property: Required] OperatorId? RequestedBy,
    [property: Required] string? Reason,
    [property: Required] DateTimeOffset StartedAt,
    [property: Required] DateTimeOffset FinishedAt,
    [property: Required] long Rows,
    [property: Required] long Files,
    [property: Required] long Bytes,
    [property: Required] IReadOnlyList<ErasedTable> Tables,
    [property: Required] string Sha256);

/// <summary>A table that was emptied of the tenant's rows.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Rows">How many there were.</param>
/// <param name="Sha256">
/// In hex, over batches: of the digest before and of the batch's rows as text; null where there was none.
/// </param>
public sealed record ErasedTable(
    [property: Required] string Table, [property: Required] long Rows, [property: Required] string? Sha256);
