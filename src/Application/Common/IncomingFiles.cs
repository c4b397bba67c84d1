using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Common;

/// <summary>Bytes on their way into the store, and out of it again: what uploads of every kind do outside of transactions.</summary>
internal sealed class IncomingFiles(IFileStore store, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whatever ends it early, the client, the clock or the store: some bytes may be there.</summary>
    /// <returns>What came; or payload_too_large, or upload_timed_out.</returns>
    public async Task<Result<FileContentFacts>> WriteAsync(
        FileKey key, Stream content, long maxBytes, TimeSpan uploadTime, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(uploadTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            await using var incoming = new IncomingBytes(content, maxBytes);
            await store.WriteAsync(key, incoming, either.Token);
            return incoming.Facts();
        }
        catch (FileTooLargeException)
        {
            return FileErrors.TooLarge(maxBytes);
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            return FileErrors.TimedOut;
        }
    }

    /// <returns>False when the store cannot now: then the outbox asks it again.</returns>
    public async Task<bool> TryEraseAsync(FileKey key)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await store.EraseAsync(key, patience.Token);
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return false;
        }
    }
}
