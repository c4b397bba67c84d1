namespace CleanTenancy.Application.Common;

/// <summary>Bytes that are read asynchronously, and nothing else is done with them.</summary>
public abstract class ReadStream : Stream
{
    public sealed override bool CanRead => true;

    public override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("It is read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void Flush()
    {
    }

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>
/// What a store has, of a known length: opened where the next byte is wanted, and anew after a seek. Whoever reads no byte
/// opens nothing.
/// </summary>
/// <param name="open">From the byte with this number, counted from 0.</param>
public sealed class StoredStream(Func<long, CancellationToken, Task<Stream>> open, long length) : ReadStream
{
    private Stream? _open;
    private long _openAt;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position { get; set; }

    /// <exception cref="EndOfStreamException">The store has fewer bytes: that must not look like all of them.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= length || buffer.Length == 0) return 0;

        if (_open is null || _openAt != Position)
        {
            if (_open is not null) await _open.DisposeAsync();
            _open = await open(Position, cancellationToken);
            _openAt = Position;
        }

        var read = await _open.ReadAsync(buffer, cancellationToken);
        if (read == 0) throw new EndOfStreamException("The store has less than was stored.");

        Position = _openAt += read;
        return read;
    }

    /// <summary>For who knows no other way, and reads little: the directory of a ZIP is read so by the framework.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        Task.Run(() => ReadAsync(buffer, offset, count, CancellationToken.None)).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            SeekOrigin.End => length + offset,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };

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
