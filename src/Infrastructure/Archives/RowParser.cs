using System.Text.Json;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Makes values of a line, as the table's columns want them: each member once, none more, and none fewer but for what may be
/// null; of the right type, no longer than the column, and of its words where it has words.
/// </summary>
internal sealed class RowParser
{
    private readonly ArchiveTable _table;
    private readonly byte[][] _members;
    private readonly JsonReaderOptions _options;
    private readonly object?[] _values;
    private readonly bool[] _isSet;

    public RowParser(ArchiveTable table, ArchiveLimits limits)
    {
        _table = table;
        _members = [.. table.Columns.Select(column => System.Text.Encoding.UTF8.GetBytes(column.Member))];
        _options = new JsonReaderOptions { MaxDepth = limits.Depth };
        (_values, _isSet) = (new object?[table.Columns.Count], new bool[table.Columns.Count]);
    }

    /// <summary>Of the last line, in the order of the columns; overwritten by the next. A null is a null.</summary>
    public object?[] Values => _values;

    /// <returns>Null, or what is wrong with the line.</returns>
    public (string Code, string? Member)? Parse(ReadOnlySpan<byte> line)
    {
        Array.Clear(_values);
        Array.Clear(_isSet);
        string? member = null;
        try
        {
            var reader = new Utf8JsonReader(line, _options);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return ("malformed_json", null);

            for (var next = 0; reader.Read() && reader.TokenType is JsonTokenType.PropertyName; next++)
            {
                member = null;
                var at = Find(ref reader, next);
                if (at < 0) return ("unknown_member", Shown(reader.GetString()!));

                member = _table.Columns[at].Member;
                if (_isSet[at]) return ("duplicate_member", member);

                reader.Read();
                _isSet[at] = true;
                if (Read(ref reader, _table.Columns[at], out _values[at]) is { } code) return (code, member);
            }

            if (reader.TokenType is not JsonTokenType.EndObject || reader.Read()) return ("malformed_json", null);
        }
        // A lone surrogate is found when its text is asked for.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return ("malformed_json", member);
        }

        // An archive that is older than a column has no member for it.
        for (var at = 0; at < _isSet.Length; at++)
            if (!_isSet[at] && !_table.Columns[at].IsNullable)
                return ("missing_member", _table.Columns[at].Member);
        return null;
    }

    /// <summary>Ours are written in the order of the columns: mostly it is the next one.</summary>
    private int Find(ref Utf8JsonReader reader, int next)
    {
        if (next < _members.Length && reader.ValueTextEquals(_members[next])) return next;

        for (var i = 0; i < _members.Length; i++)
            if (reader.ValueTextEquals(_members[i]))
                return i;
        return -1;
    }

    /// <summary>What somebody else named comes back to them, and not at any length.</summary>
    private static string Shown(string name) => name.Length > 60 ? name[..60] : name;

    private static string? Read(ref Utf8JsonReader reader, ArchiveColumn column, out object? value)
    {
        value = null;
        if (reader.TokenType is JsonTokenType.Null) return column.IsNullable ? null : "invalid_value";

        return column.Type switch
        {
            ArchiveType.Id => ReadId(ref reader, out value),
            ArchiveType.Text => ReadText(ref reader, column, out value),
            ArchiveType.Integer => reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var number)
                ? Fine(number, out value)
                : "invalid_value",
            ArchiveType.Long => reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var number)
                ? Fine(number, out value)
                : "invalid_value",
            ArchiveType.Boolean => reader.TokenType is JsonTokenType.True or JsonTokenType.False
                ? Fine(reader.GetBoolean(), out value)
                : "invalid_value",
            ArchiveType.Instant => ReadInstant(ref reader, out value),
            ArchiveType.Bytes => reader.TokenType is JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes)
                ? Fine(bytes, out value)
                : "invalid_value",
            ArchiveType.Json => ReadJson(ref reader, out value),
            ArchiveType.Texts => ReadTexts(ref reader, out value),
            ArchiveType.Ids => ReadIds(ref reader, out value),
            _ => throw new InvalidOperationException($"{column.Type} has no reader."),
        };
    }

    private static string? Fine(object read, out object? value)
    {
        value = read;
        return null;
    }

    private static string? ReadId(ref Utf8JsonReader reader, out object? value)
    {
        value = null;
        return reader.TokenType is JsonTokenType.String && reader.TryGetGuid(out var id)
            ? Fine(id, out value)
            : "invalid_value";
    }

    private static string? ReadText(ref Utf8JsonReader reader, ArchiveColumn column, out object? value)
    {
        value = null;
        if (reader.TokenType is not JsonTokenType.String) return "invalid_value";

        var text = reader.GetString()!;
        if (text.Contains('\0', StringComparison.Ordinal)) return "control_character";
        if (text.Length > column.MaxLength) return "maximum_length";
        if (column.Words is { } words && !words.Contains(text)) return "invalid_value";

        return Fine(text, out value);
    }

    /// <summary>As the API takes them: with an offset, between the years that both clocks know.</summary>
    private static string? ReadInstant(ref Utf8JsonReader reader, out object? value)
    {
        value = null;
        if (reader.TokenType is not JsonTokenType.String || reader.HasValueSequence || reader.ValueSpan is not [.., (byte)'Z']
            || !reader.TryGetDateTimeOffset(out var instant) || instant.UtcDateTime.Year is <= 1 or >= 9999)
            return "invalid_value";

        return Fine(instant.UtcDateTime.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMicrosecond)), out value);
    }

    /// <summary>As it is written: who knows what it should be looks into it.</summary>
    private static string? ReadJson(ref Utf8JsonReader reader, out object? value)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return Fine(json.RootElement.GetRawText(), out value);
    }

    private static string? ReadTexts(ref Utf8JsonReader reader, out object? value)
    {
        value = null;
        if (reader.TokenType is not JsonTokenType.StartArray) return "invalid_value";

        var texts = new List<string>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is not JsonTokenType.String) return "invalid_value";

            texts.Add(reader.GetString()!);
        }

        return texts.Exists(text => text.Contains('\0', StringComparison.Ordinal))
            ? "control_character"
            : Fine(texts.ToArray(), out value);
    }

    private static string? ReadIds(ref Utf8JsonReader reader, out object? value)
    {
        value = null;
        if (reader.TokenType is not JsonTokenType.StartArray) return "invalid_value";

        var ids = new List<Guid>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is not JsonTokenType.String || !reader.TryGetGuid(out var id)) return "invalid_value";

            ids.Add(id);
        }

        return Fine(ids.ToArray(), out value);
    }
}
