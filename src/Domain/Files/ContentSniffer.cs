using System.Text;
using System.Text.Unicode;

namespace CleanTenancy.Domain.Files;

/// <summary>
/// The media type by the first bytes alone (WHATWG, MIME Sniffing, 6 and 7): what a client declares decides nothing.
/// Nothing that a browser would run has a name here: HTML, SVG and scripts are plain text.
/// </summary>
public static class ContentSniffer
{
    /// <summary>The resource header of the standard (5.2): no more is looked at.</summary>
    public const int HeaderLength = 1445;

    private const string Binary = "application/octet-stream", Text = "text/plain";

    /// <summary>Latin 1; a question mark is any byte.</summary>
    private static readonly (string Pattern, string Type)[] Signatures =
    [
        ("\u0089PNG\r\n\u001a\n", "image/png"),
        ("\u00ff\u00d8\u00ff", "image/jpeg"),
        ("GIF87a", "image/gif"),
        ("GIF89a", "image/gif"),
        ("RIFF????WEBPVP", "image/webp"),
        ("RIFF????WAVE", "audio/wave"),
        ("ID3", "audio/mpeg"),
        ("OggS\0", "application/ogg"),
        ("\u001a\u0045\u00df\u00a3", "video/webm"),
        ("%PDF-", "application/pdf"),
        ("PK\u0003\u0004", "application/zip"),
        ("\u001f\u008b\u0008", "application/gzip"),
    ];

    /// <param name="header">The first <see cref="HeaderLength"/> bytes, or all where there are fewer.</param>
    /// <returns>A media type without parameters.</returns>
    public static string TypeOf(ReadOnlySpan<byte> header)
    {
        if (header.Length > HeaderLength) header = header[..HeaderLength];
        foreach (var (pattern, type) in Signatures)
            if (Matches(header, pattern))
                return type;

        return IsMp4(header) ? "video/mp4" : IsText(header) ? Text : Binary;
    }

    private static bool Matches(ReadOnlySpan<byte> header, string pattern)
    {
        if (header.Length < pattern.Length) return false;

        for (var i = 0; i < pattern.Length; i++)
            if (pattern[i] != '?' && pattern[i] != header[i])
                return false;
        return true;
    }

    /// <summary>A box "ftyp" with a brand that begins with "mp4", the major one or a compatible one (6.2.1).</summary>
    private static bool IsMp4(ReadOnlySpan<byte> header)
    {
        if (header.Length < 12 || !header[4..8].SequenceEqual("ftyp"u8)) return false;

        var size = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header);
        if (size % 4 != 0 || size > header.Length) return false;
        if (header[8..11].SequenceEqual("mp4"u8)) return true;

        for (var at = 16; at + 3 <= size; at += 4)
            if (header.Slice(at, 3).SequenceEqual("mp4"u8))
                return true;
        return false;
    }

    /// <summary>UTF-8 without the standard's binary data bytes (3); the last letter may be cut off by the header's end.</summary>
    private static bool IsText(ReadOnlySpan<byte> header)
    {
        foreach (var one in header)
            if (one is <= 0x08 or 0x0B or (>= 0x0E and <= 0x1A) or (>= 0x1C and <= 0x1F) or 0x7F)
                return false;

        if (Utf8.IsValid(header)) return true;
        if (header.Length < HeaderLength) return false;

        for (var cut = 1; cut < 4; cut++)
            if (Utf8.IsValid(header[..^cut]))
                return Rune.DecodeFromUtf8(header[^cut..], out _, out _) is System.Buffers.OperationStatus.NeedMoreData;
        return false;
    }
}
