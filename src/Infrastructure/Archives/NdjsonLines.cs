using System.Buffers;
using System.Text.Unicode;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Lines of an entry, one after the other in one buffer that grows no further than a line may.
/// </summary>
internal sealed class NdjsonLines(Stream stream, string path, int maxLine) : IAsyncDisposable
{
    private const int Chunk = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * Chunk);
    private int _from, _to, _searched;
    private bool _hasEnded;

    /// <summary>From 1.</summary>
    public long Line { get; private set; }

    /// <summary>Valid UTF-8, without the line feed; good until the next.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <returns>False at the end.</returns>
    /// <exception cref="ArchiveRefusedException">A line is too long, or no UTF-8.</exception>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        Line++;
        while (true)
        {
            var feed = _buffer.AsSpan(_searched, _to - _searched).IndexOf((byte)'\n');
            if (feed >= 0) return Take(_searched + feed, next: _searched + feed + 1);

            _searched = _to;
            if (_to - _from > maxLine) throw new ArchiveRefusedException(ArchiveErrors.LineTooLong, path, Line);
            if (_hasEnded) return _to > _from && Take(_to, _to);

            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_to), cancellationToken);
            _hasEnded = read == 0;
            _to += read;
        }
    }

    private bool Take(int end, int next)
    {
        var line = _buffer.AsMemory(_from, end - _from);
        if (line.Length > maxLine) throw new ArchiveRefusedException(ArchiveErrors.LineTooLong, path, Line);
        if (!Utf8.IsValid(line.Span)) throw new ArchiveRefusedException("invalid_utf8", path, Line);

        Current = line;
        _from = _searched = next;
        return true;
    }

    private void MakeRoom()
    {
        if (_buffer.Length - _to >= Chunk / 2) return;

        var waiting = _to - _from;
        var target = waiting + Chunk > _buffer.Length ? ArrayPool<byte>.Shared.Rent(2 * (waiting + Chunk)) : _buffer;
        _buffer.AsSpan(_from, waiting).CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        (_from, _to, _searched) = (0, waiting, waiting);
    }

    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        await stream.DisposeAsync();
    }
}
