using System.Buffers.Binary;
using System.Text;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>One entry of a ZIP as its central directory has it.</summary>
/// <param name="DataAt">Where its packed bytes begin.</param>
internal sealed record ZipItem(string Path, bool IsDeflated, uint Crc, long Packed, long Unpacked, long DataAt);

/// <summary>
/// The central directory of a ZIP that somebody sent (APPNOTE 6.3.10): read here and not by the framework, which reads
/// all entries that there are before anybody can say that they are too many, and takes names, overlaps and links as
/// they come.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50,
        EntrySignature = 0x02014b50, LocalSignature = 0x04034b50;

    private const int EndLength = 22, End64Length = 56, Locator64Length = 20, EntryLength = 46, LocalLength = 30,
        PathMaxLength = 200, ExtraMaxLength = 1024;

    private const ushort Zip64Extra = 1, Stored = 0, Deflated = 8;

    /// <summary>Encrypted, strongly encrypted, and with an encrypted directory (4.4.4).</summary>
    private const int EncryptionFlags = 0x1 | 0x40 | 0x2000;

    /// <summary>What may be said otherwise: how hard it was packed, sizes behind the data, names in UTF-8.</summary>
    private const int KnownFlags = 0x2 | 0x4 | 0x8 | 0x800;

    private readonly Stream _file;
    private readonly ArchiveLimits _limits;

    private ZipDirectory(Stream file, ArchiveLimits limits) => (_file, _limits) = (file, limits);

    /// <param name="file">Seekable, from its first byte.</param>
    /// <exception cref="ArchiveRefusedException">It is none, or one that breaks a limit.</exception>
    public static IReadOnlyDictionary<string, ZipItem> Read(Stream file, ArchiveLimits limits) =>
        new ZipDirectory(file, limits).Read();

    private Dictionary<string, ZipItem> Read()
    {
        var (count, at, end) = Locate();
        if (count > _limits.Entries) throw new ArchiveRefusedException(ArchiveErrors.TooManyEntries);

        var entries = new List<(ZipItem Item, long LocalAt)>();
        var unpacked = 0L;
        for (var i = 0L; i < count; i++)
        {
            var (item, localAt, next) = ReadEntry(at, end);
            unpacked += item.Unpacked;
            if (unpacked > _limits.UnpackedBytes) throw new ArchiveRefusedException(ArchiveErrors.TooLarge);

            entries.Add((item, localAt));
            at = next;
        }

        if (at != end) throw Unreadable();
        return ReadLocals(entries, end);
    }

    /// <summary>Without a comment behind it, where a second directory could hide.</summary>
    private (long Count, long At, long End) Locate()
    {
        if (_file.Length < EndLength) throw Unreadable();

        var endAt = _file.Length - EndLength;
        var end = Bytes(endAt, EndLength);
        if (U32(end, 0) != EndSignature || U16(end, 20) != 0 || U16(end, 4) != 0 || U16(end, 6) != 0) throw Unreadable();

        var (count, size, at) = ((long)U16(end, 10), (long)U32(end, 12), (long)U32(end, 16));
        if (count != U16(end, 8)) throw Unreadable();

        var last = endAt;
        if (count == ushort.MaxValue || size == uint.MaxValue || at == uint.MaxValue)
            (count, size, at, last) = Locate64(endAt);
        // The directory reaches to its end, and its end to the end of the file: there is one way to read it.
        if (at < 0 || size < 0 || at > last || size != last - at || count < 0 || count > size / EntryLength)
            throw Unreadable();
        return (count, at, last);
    }

    private (long Count, long Size, long At, long Last) Locate64(long endAt)
    {
        var locator = Bytes(endAt - Locator64Length, Locator64Length);
        if (U32(locator, 0) != Locator64Signature || U32(locator, 4) != 0 || U32(locator, 16) != 1) throw Unreadable();

        var end64At = I64(locator, 8);
        if (end64At != endAt - Locator64Length - End64Length) throw Unreadable();

        var end = Bytes(end64At, End64Length);
        if (U32(end, 0) != End64Signature || I64(end, 4) != End64Length - 12 || I64(end, 24) != I64(end, 32))
            throw Unreadable();
        return (I64(end, 32), I64(end, 40), I64(end, 48), end64At);
    }

    private (ZipItem Item, long LocalAt, long Next) ReadEntry(long at, long end)
    {
        if (at + EntryLength > end) throw Unreadable();

        var head = Bytes(at, EntryLength);
        var (nameLength, extraLength, commentLength) = (U16(head, 28), U16(head, 30), U16(head, 32));
        var next = at + EntryLength + nameLength + extraLength + commentLength;
        if (U32(head, 0) != EntrySignature || next > end || commentLength != 0 || extraLength > ExtraMaxLength)
            throw Unreadable();
        if (nameLength is 0 or > PathMaxLength) throw new ArchiveRefusedException(ArchiveErrors.UnknownEntry);

        var path = PathOf(Bytes(at + EntryLength, nameLength));
        Require(path, head);
        var (unpacked, packed, localAt) = Sizes(
            head, Bytes(at + EntryLength + nameLength, extraLength));
        if (packed < 0 || unpacked < 0 || localAt < 0) throw Unreadable();
        if (unpacked > _limits.SmallEntry && unpacked / Math.Max(1, packed) > _limits.Ratio)
            throw new ArchiveRefusedException(ArchiveErrors.Ratio, path);

        return (new ZipItem(path, U16(head, 10) == Deflated, U32(head, 16), packed, unpacked, DataAt: 0), localAt, next);
    }

    /// <summary>A file, in a way that is read here, and no link, folder or device.</summary>
    private static void Require(string path, ReadOnlySpan<byte> head)
    {
        const int dosFolder = 0x10, unixKind = 0xF000, unixFile = 0x8000;
        var (flags, method, attributes) = (U16(head, 8), U16(head, 10), U32(head, 38));
        if ((flags & EncryptionFlags) != 0) throw new ArchiveRefusedException(ArchiveErrors.Encrypted, path);
        if ((flags & ~KnownFlags) != 0 || method is not (Stored or Deflated))
            throw new ArchiveRefusedException(ArchiveErrors.Compression, path);
        if ((attributes & dosFolder) != 0 || ((attributes >> 16) & unixKind) is not (0 or unixFile))
            throw new ArchiveRefusedException(ArchiveErrors.NoFile, path);
        if (U16(head, 34) != 0) throw Unreadable(path); // on another disk
    }

    private static (long Unpacked, long Packed, long LocalAt) Sizes(ReadOnlySpan<byte> head, ReadOnlySpan<byte> extra)
    {
        var (unpacked, packed, localAt) = ((long)U32(head, 24), (long)U32(head, 20), (long)U32(head, 42));
        if (unpacked != uint.MaxValue && packed != uint.MaxValue && localAt != uint.MaxValue)
            return (unpacked, packed, localAt);

        for (; extra.Length >= 4; extra = extra[(4 + U16(extra, 2))..])
        {
            if (extra.Length < 4 + U16(extra, 2)) break;
            if (U16(extra, 0) != Zip64Extra) continue;

            // Only what did not fit stands here, in this order (4.5.3).
            var rest = extra.Slice(4, U16(extra, 2));
            if (unpacked == uint.MaxValue) unpacked = Take(ref rest);
            if (packed == uint.MaxValue) packed = Take(ref rest);
            if (localAt == uint.MaxValue) localAt = Take(ref rest);
            return (unpacked, packed, localAt);
        }

        throw Unreadable();
    }

    private static long Take(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 8) throw Unreadable();

        var value = I64(rest, 0);
        rest = rest[8..];
        return value;
    }

    /// <summary>
    /// Each entry has bytes of its own, between the entry before it and the directory: else a small file unpacks to all
    /// there is, again and again.
    /// </summary>
    private Dictionary<string, ZipItem> ReadLocals(List<(ZipItem Item, long LocalAt)> entries, long directoryEnd)
    {
        var found = new Dictionary<string, ZipItem>(entries.Count, StringComparer.Ordinal);
        var free = 0L;
        foreach (var (item, localAt) in entries.OrderBy(entry => entry.LocalAt))
        {
            if (localAt < free) throw new ArchiveRefusedException(ArchiveErrors.Overlap, item.Path);
            if (localAt > directoryEnd - LocalLength) throw Unreadable(item.Path);

            var head = Bytes(localAt, LocalLength);
            var (nameLength, extraLength) = (U16(head, 26), U16(head, 28));
            var dataAt = localAt + LocalLength + nameLength + extraLength;
            if (U32(head, 0) != LocalSignature || item.Packed > directoryEnd - dataAt || nameLength != item.Path.Length
                || PathOf(Bytes(localAt + LocalLength, nameLength)) != item.Path
                || U16(head, 8) == Deflated != item.IsDeflated)
                throw Unreadable(item.Path);

            free = dataAt + item.Packed;
            if (!found.TryAdd(item.Path, item with { DataAt = dataAt }))
                throw new ArchiveRefusedException(ArchiveErrors.DuplicateEntry, item.Path);
        }

        return found;
    }

    /// <summary>The format's own paths need no other letters; so none looks like another.</summary>
    private static string PathOf(ReadOnlySpan<byte> name)
    {
        foreach (var one in name)
            if (!char.IsAsciiLetterOrDigit((char)one) && one is not ((byte)'/' or (byte)'.' or (byte)'_' or (byte)'-'))
                throw new ArchiveRefusedException(ArchiveErrors.UnknownEntry);
        return Encoding.ASCII.GetString(name);
    }

    private byte[] Bytes(long at, int count)
    {
        if (at < 0 || count > _file.Length - at) throw Unreadable();

        var bytes = new byte[count];
        _file.Position = at;
        _file.ReadExactly(bytes);
        return bytes;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static ArchiveRefusedException Unreadable(string? path = null) => new(ArchiveErrors.Unreadable, path);
}
