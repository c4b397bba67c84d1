using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// What the store has, as a stream that can seek: it is opened anew where the next byte is wanted, so that a reader of the
/// archive's directory fetches no more than it reads.
/// </summary>
internal sealed class StoredArchive(IFileStore store, FileKey key, long length) : Stream
{
    private Stream? _open;
    private long _openAt;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= length || buffer.Length == 0) return 0;

        if (_open is null || _openAt != Position)
        {
            if (_open is not null) await _open.DisposeAsync();
            _open = await store.OpenAsync(key, Position, cancellationToken);
            _openAt = Position;
        }

        var read = await _open.ReadAsync(buffer, cancellationToken);
        if (read == 0) throw new EndOfStreamException("The store has less than was stored.");

        Position = _openAt += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            SeekOrigin.End => length + offset,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };

    /// <summary>The framework reads an archive's directory so, and nothing else: some KiB for each hundred entries.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        Task.Run(() => ReadAsync(buffer, offset, count, CancellationToken.None)).GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (_open is not null) await _open.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _open?.Dispose();
        base.Dispose(disposing);
    }
}
