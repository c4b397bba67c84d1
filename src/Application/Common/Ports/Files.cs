using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Where a file's bytes are in the store: named by ids of ours, never by a client.</summary>
public sealed record FileKey(TenantId OrgId, FileId FileId)
{
    public override string ToString() => $"{OrgId}/{FileId}";
}

/// <summary>Keeps the bytes of files: a folder, or a store that speaks S3. Outside every transaction.</summary>
public interface IFileStore
{
    /// <summary>Reads the content to its end and keeps all of it, durably, or throws; never holds much of it.</summary>
    Task WriteAsync(FileKey key, Stream content, CancellationToken cancellationToken);

    /// <summary>The bytes from this one on, as they are asked for.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    Task<Stream> OpenAsync(FileKey key, long from, CancellationToken cancellationToken);

    /// <summary>Erases what is there, whole or half written; that there is nothing is no failure.</summary>
    Task EraseAsync(FileKey key, CancellationToken cancellationToken);

    /// <summary>What it holds of a tenant, under whatever key.</summary>
    Task<FileHolding> MeasureAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>Erases all of it, whole or half written: nothing needs to know its keys.</summary>
    Task EraseAllAsync(TenantId org, CancellationToken cancellationToken);
}

/// <summary>How much a store holds.</summary>
public sealed record FileHolding(long Files, long Bytes);

/// <summary>How much and how long (ADR 0036).</summary>
/// <param name="MaxBytes">Of one file.</param>
/// <param name="UploadTime">An upload that lasts longer is ended.</param>
public sealed record FileLimits(long MaxBytes, TimeSpan UploadTime)
{
    /// <summary>Whoever is not through by then does not live any more, whatever their clock says.</summary>
    public TimeSpan AbandonedAfter => UploadTime + TimeSpan.FromMinutes(15);
}

/// <summary>How large an archive to import may be, and how long it may take to come.</summary>
/// <param name="MaxBytes">Of the archive.</param>
/// <param name="UploadTime">An upload that lasts longer is ended; as long as a file's, for one sweep clears up after both.</param>
public sealed record ImportLimits(long MaxBytes, TimeSpan UploadTime);

/// <summary>Clears up after uploads whose process died: the bytes first, then what they held of the quota.</summary>
public interface IUploadKeeping
{
    /// <returns>Uploads cleared up.</returns>
    Task<long> SweepAsync(CancellationToken cancellationToken);
}
