using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// UUIDv7 in the order in which they are asked for (RFC 9562, 6.2, method 1): imported rows keep the order that they had,
/// which the ids of one millisecond otherwise lose. Their last 42 bits are told by the seed: whoever does not know it
/// guesses no id.
/// </summary>
/// <param name="attempt">Each has ids of its own, and knows those of the others (<see cref="OfAttempt"/>).</param>
internal sealed class SequentialIds(DateTimeOffset at, byte[] seed, long attempt = 0)
{
    private const int CounterBits = 32;

    private readonly ulong _milliseconds = (ulong)at.ToUnixTimeMilliseconds();
    private ulong _count;

    /// <summary>For rows that nobody looks for again.</summary>
    public static SequentialIds Random(DateTimeOffset at) => new(at, RandomNumberGenerator.GetBytes(16));

    /// <summary>The id that another attempt with the same seed has for the same row.</summary>
    public static Guid OfAttempt(Guid id, long attempt, long other)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var tail = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], tail ^ attempt ^ other);
        return new Guid(bytes, bigEndian: true);
    }

    public Guid Next()
    {
        if (_count >> CounterBits != 0) throw new InvalidOperationException("More ids than fit behind one instant.");

        Span<byte> source = stackalloc byte[24], hash = stackalloc byte[32], bytes = stackalloc byte[16];
        seed.CopyTo(source);
        BinaryPrimitives.WriteUInt64BigEndian(source[16..], _count);
        SHA256.HashData(source, hash);
        // 48 bits of time; version and the counter's first 12 bits; variant, its last 20 and 42 others.
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (_milliseconds << 16) | 0x7000 | (_count >> 20));
        BinaryPrimitives.WriteUInt64BigEndian(
            bytes[8..],
            0x8000_0000_0000_0000 | ((_count & 0xF_FFFF) << 42)
            | ((BinaryPrimitives.ReadUInt64BigEndian(hash) & 0x3FF_FFFF_FFFF) ^ (ulong)attempt));
        _count++;
        return new Guid(bytes, bigEndian: true);
    }
}
