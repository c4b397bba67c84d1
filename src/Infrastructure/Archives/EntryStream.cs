using System.Security.Cryptography;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// The unpacked bytes of an entry, counted and hashed as they come: never more than its directory says, and at the end
/// neither fewer nor others. The framework's own reader stops at the declared size and says nothing.
/// </summary>
internal sealed class EntryStream(Stream unpacked, ZipItem item, byte[]? sha256) : ReadStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private Crc32 _crc = Crc32.Start();
    private long _count;
    private bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasEnded || buffer.Length == 0) return 0;

        int read;
        try
        {
            read = await unpacked.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException broken)
        {
            throw new ArchiveRefusedException(new ArchiveProblem(ArchiveErrors.Unreadable.Code, item.Path), broken);
        }

        if (read == 0) End();
        else Take(buffer.Span[..read]);
        return read;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _count += bytes.Length;
        if (_count > item.Unpacked) throw new ArchiveRefusedException(ArchiveErrors.SizeMismatch, item.Path);

        _crc.Append(bytes);
        _hash.AppendData(bytes);
    }

    private void End()
    {
        _hasEnded = true;
        if (_count != item.Unpacked) throw new ArchiveRefusedException(ArchiveErrors.SizeMismatch, item.Path);
        if (_crc.Value != item.Crc || (sha256 is not null && !_hash.GetHashAndReset().AsSpan().SequenceEqual(sha256)))
            throw new ArchiveRefusedException(ArchiveErrors.ChecksumMismatch, item.Path);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            unpacked.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Some of a file's bytes, with a position of its own.</summary>
internal sealed class FileSlice(Microsoft.Win32.SafeHandles.SafeFileHandle file, long from, long length) : ReadStream
{
    private long _at;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _at);
        if (wanted == 0) return 0;

        var read = await RandomAccess.ReadAsync(file, buffer[..wanted], from + _at, cancellationToken);
        _at += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var wanted = (int)Math.Min(count, length - _at);
        if (wanted == 0) return 0;

        var read = RandomAccess.Read(file, buffer.AsSpan(offset, wanted), from + _at);
        _at += read;
        return read;
    }

    public override long Length => length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }
}
