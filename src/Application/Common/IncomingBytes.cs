using System.Security.Cryptography;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Common;

/// <summary>Counts, hashes and looks at bytes as they pass, and ends at the first one too many.</summary>
internal sealed class IncomingBytes(Stream source, long maxBytes) : ReadStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private readonly byte[] _header = new byte[ContentSniffer.HeaderLength];

    private long _size;

    /// <summary>Known when all have passed.</summary>
    public FileContentFacts Facts() => new(
        ContentSniffer.TypeOf(_header.AsSpan(0, (int)Math.Min(_size, _header.Length))), _size, _hash.GetCurrentHash());

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        var bytes = buffer.Span[..read];
        if (_size + read > maxBytes) throw new FileTooLargeException();

        if (_size < _header.Length)
            bytes[..(int)Math.Min(read, _header.Length - _size)].CopyTo(_header.AsSpan((int)_size));
        _hash.AppendData(bytes);
        _size += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>More bytes came than a file may have: stops whoever is reading them.</summary>
internal sealed class FileTooLargeException() : Exception("The file is larger than allowed.");
