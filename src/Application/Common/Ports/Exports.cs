namespace CleanTenancy.Application.Common.Ports;

/// <summary>One JSON document of a stored archive (docs/archive-format.md).</summary>
public interface IExportDocuments
{
    /// <summary>Writes it while it reads the archive; never holds much of either.</summary>
    Task WriteAsync(FileKey archive, long bytes, Stream output, CancellationToken cancellationToken);
}
