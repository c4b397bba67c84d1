using System.IO.Compression;
using System.Text;
using CleanTenancy.Infrastructure.Archives;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>One entry, as it is and as it is said to be: where a field is left out, the two are the same.</summary>
internal sealed record ForgedEntry(string Path, byte[] Content)
{
    public ushort Method { get; init; } = 8;

    /// <summary>In place of the content, packed.</summary>
    public byte[]? Packed { get; init; }

    public long? Unpacked { get; init; }

    public uint? Crc { get; init; }

    public ushort Flags { get; init; }

    public uint Attributes { get; init; }

    /// <summary>The local header's, where it is another one.</summary>
    public string? LocalPath { get; init; }

    /// <summary>Points at the bytes of the entry of this number instead of having some of its own.</summary>
    public int? SharesWith { get; init; }

    /// <summary>Sizes and place in a Zip64 field, though they would fit.</summary>
    public bool IsZip64 { get; init; }
}

/// <summary>Writes a ZIP byte by byte, so that each of them can be a lie.</summary>
internal static class ForgedZip
{
    /// <param name="claimed">How many entries there are said to be.</param>
    /// <param name="comment">Behind the end.</param>
    public static byte[] Write(IReadOnlyList<ForgedEntry> entries, int? claimed = null, byte[]? comment = null)
    {
        using var zip = new MemoryStream();
        using var writer = new BinaryWriter(zip, Encoding.UTF8);
        var places = new List<long>();
        var packed = entries.Select(Pack).ToList();
        for (var i = 0; i < entries.Count; i++)
        {
            places.Add(entries[i].SharesWith is { } other ? places[other] : zip.Position);
            if (entries[i].SharesWith is not null) continue;

            var name = Encoding.UTF8.GetBytes(entries[i].LocalPath ?? entries[i].Path);
            writer.Write(0x04034b50u);
            writer.Write((ushort)45);
            Common(writer, entries[i], packed[i].Length);
            writer.Write((ushort)name.Length);
            writer.Write((ushort)0);
            writer.Write(name);
            writer.Write(packed[i]);
        }

        var start = zip.Position;
        for (var i = 0; i < entries.Count; i++) Central(writer, entries[i], packed[i].Length, places[i]);

        var count = (ushort)Math.Min(claimed ?? entries.Count, ushort.MaxValue);
        var size = zip.Position - start;
        if ((claimed ?? entries.Count) >= ushort.MaxValue) End64(writer, claimed ?? entries.Count, start, size);
        writer.Write(0x06054b50u);
        writer.Write(0u);
        writer.Write(count);
        writer.Write(count);
        writer.Write((uint)size);
        writer.Write((uint)start);
        writer.Write((ushort)(comment?.Length ?? 0));
        writer.Write(comment ?? []);
        return zip.ToArray();
    }

    /// <summary>So many of one byte, packed, without ever being there unpacked.</summary>
    public static byte[] Bomb(long size, byte of)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var piece = new byte[1 << 20];
            Array.Fill(piece, of);
            for (var left = size; left > 0; left -= piece.Length) deflate.Write(piece, 0, (int)Math.Min(left, piece.Length));
        }

        return packed.ToArray();
    }

    private static byte[] Pack(ForgedEntry entry)
    {
        if (entry.Packed is not null) return entry.Packed;
        if (entry.Method != 8) return entry.Content;

        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(entry.Content);
        return packed.ToArray();
    }

    private static void Central(BinaryWriter writer, ForgedEntry entry, int packed, long place)
    {
        var name = Encoding.UTF8.GetBytes(entry.Path);
        writer.Write(0x02014b50u);
        writer.Write((ushort)((3 << 8) | 45)); // made on Unix
        writer.Write((ushort)45);
        Common(writer, entry, packed);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)(entry.IsZip64 ? 28 : 0));
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write(entry.Attributes);
        writer.Write(entry.IsZip64 ? uint.MaxValue : (uint)place);
        writer.Write(name);
        if (!entry.IsZip64) return;

        writer.Write((ushort)1);
        writer.Write((ushort)24);
        writer.Write(entry.Unpacked ?? entry.Content.LongLength);
        writer.Write((long)packed);
        writer.Write(place);
    }

    private static void Common(BinaryWriter writer, ForgedEntry entry, int packed)
    {
        var crc = Crc32.Start();
        crc.Append(entry.Content);
        writer.Write(entry.Flags);
        writer.Write(entry.Method);
        writer.Write(0u); // time and date
        writer.Write(entry.Crc ?? crc.Value);
        writer.Write(entry.IsZip64 ? uint.MaxValue : (uint)packed);
        writer.Write(entry.IsZip64 ? uint.MaxValue : (uint)(entry.Unpacked ?? entry.Content.LongLength));
    }

    private static void End64(BinaryWriter writer, long count, long start, long size)
    {
        var at = writer.BaseStream.Position;
        writer.Write(0x06064b50u);
        writer.Write(44L);
        writer.Write((ushort)45);
        writer.Write((ushort)45);
        writer.Write(0u);
        writer.Write(0u);
        writer.Write(count);
        writer.Write(count);
        writer.Write(size);
        writer.Write(start);
        writer.Write(0x07064b50u);
        writer.Write(0u);
        writer.Write(at);
        writer.Write(1u);
    }
}
