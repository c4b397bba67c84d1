using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>An archive in the store; a reader of its directory fetches no more than it reads.</summary>
internal sealed class StoredArchive(IFileStore store, FileKey key, long length)
    : StoredStream((from, cancellationToken) => store.OpenAsync(key, from, cancellationToken), length)
{
    /// <summary>The framework reads an archive's directory so, and nothing else: some KiB for each hundred entries.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        Task.Run(() => ReadAsync(buffer, offset, count, CancellationToken.None)).GetAwaiter().GetResult();
}
