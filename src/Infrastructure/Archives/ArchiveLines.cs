using System.Buffers;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>Writes rows as lines into one entry, some KiB at a time, and counts and hashes what it has written.</summary>
internal sealed class ArchiveLines : IDisposable
{
    private const int FlushAt = 64 * 1024;

    /// <summary>Korean stays readable; what HTML could take for its own is escaped. As on the wire.</summary>
    public static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushAt);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Utf8JsonWriter _json;
    private readonly Stream _entry;
    private readonly ArchiveType[] _types;
    private readonly JsonEncodedText[] _names;

    public ArchiveLines(Stream entry, IReadOnlyList<ArchiveColumn> columns)
    {
        _entry = entry;
        _json = new Utf8JsonWriter(_buffer, Options);
        _types = [.. columns.Select(column => column.Type)];
        _names = [.. columns.Select(column => JsonEncodedText.Encode(column.Member))];
    }

    public long Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Adds the reader's row; its columns are those of the table, in the same order.</summary>
    /// <returns>Whether <see cref="FlushAsync"/> is due.</returns>
    public bool Add(DbDataReader row)
    {
        _json.WriteStartObject();
        for (var n = 0; n < _names.Length; n++) Write(row, n);
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
        Count++;
        return _buffer.WrittenCount >= FlushAt;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        _hash.AppendData(_buffer.WrittenSpan);
        await _entry.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        Bytes += _buffer.WrittenCount;
        _buffer.ResetWrittenCount();
    }

    /// <summary>Of all that was flushed, in hexadecimal digits.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose()
    {
        _json.Dispose();
        _hash.Dispose();
    }

    private void Write(DbDataReader row, int n)
    {
        var name = _names[n];
        if (row.IsDBNull(n))
        {
            _json.WriteNull(name);
            return;
        }

        switch (_types[n])
        {
            case ArchiveType.Id: _json.WriteString(name, row.GetGuid(n)); break;
            case ArchiveType.Text: _json.WriteString(name, row.GetString(n)); break;
            case ArchiveType.Integer: _json.WriteNumber(name, row.GetInt32(n)); break;
            case ArchiveType.Long: _json.WriteNumber(name, row.GetInt64(n)); break;
            case ArchiveType.Boolean: _json.WriteBoolean(name, row.GetBoolean(n)); break;
            case ArchiveType.Instant: _json.WriteString(name, row.GetDateTime(n)); break;
            case ArchiveType.Bytes: _json.WriteBase64String(name, row.GetFieldValue<byte[]>(n)); break;
            case ArchiveType.Json: WriteJson(name, row.GetString(n)); break;
            case ArchiveType.Texts: WriteArray(name, row.GetFieldValue<string[]>(n), _json.WriteStringValue); break;
            case ArchiveType.Ids: WriteArray(name, row.GetFieldValue<Guid[]>(n), _json.WriteStringValue); break;
            default: throw new InvalidOperationException($"{_types[n]} has no form.");
        }
    }

    /// <summary>PostgreSQL keeps json as it was written, line feeds too: a line of ours has none.</summary>
    private void WriteJson(JsonEncodedText name, string text)
    {
        _json.WritePropertyName(name);
        if (text.AsSpan().IndexOfAny('\n', '\r') < 0)
        {
            _json.WriteRawValue(text, skipInputValidation: true);
            return;
        }

        using var document = JsonDocument.Parse(text);
        document.RootElement.WriteTo(_json);
    }

    private void WriteArray<T>(JsonEncodedText name, T[] values, Action<T> write)
    {
        _json.WriteStartArray(name);
        foreach (var value in values) write(value);
        _json.WriteEndArray();
    }
}
