using System.Buffers.Binary;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// CRC-32 of ZIP (ISO 3309; APPNOTE 4.4.7), eight bytes at a time: the framework computes it and shows it to nobody, and
/// its package would be one more for forty lines.
/// </summary>
internal struct Crc32
{
    private const int Slices = 8;

    private static readonly uint[][] Tables = Make();

    private uint _inverted;

    public readonly uint Value => _inverted ^ uint.MaxValue;

    public static Crc32 Start() => new() { _inverted = uint.MaxValue };

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = _inverted;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            crc ^= BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = Tables[7][crc & 0xFF] ^ Tables[6][(crc >> 8) & 0xFF] ^ Tables[5][(crc >> 16) & 0xFF]
                ^ Tables[4][crc >> 24] ^ Tables[3][bytes[4]] ^ Tables[2][bytes[5]] ^ Tables[1][bytes[6]]
                ^ Tables[0][bytes[7]];
        }

        foreach (var one in bytes) crc = Tables[0][(crc ^ one) & 0xFF] ^ (crc >> 8);
        _inverted = crc;
    }

    private static uint[][] Make()
    {
        var tables = Enumerable.Range(0, Slices).Select(_ => new uint[256]).ToArray();
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            tables[0][i] = crc;
        }

        for (var i = 0; i < 256; i++)
            for (var slice = 1; slice < Slices; slice++)
                tables[slice][i] = tables[0][tables[slice - 1][i] & 0xFF] ^ (tables[slice - 1][i] >> 8);
        return tables;
    }
}
