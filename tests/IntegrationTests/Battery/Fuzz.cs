using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Bodies that are wrong as a whole, and bodies that are wrong in one member.</summary>
internal static class BodyFuzz
{
    private const string Place = "@@here@@", Limit64K = "65536 bytes";

    private const int Limit = 64 * 1024;

    private static readonly (string What, string Raw)[] Anything =
    [
        ("null", "null"), ("true", "true"), ("number", "7"), ("list", "[]"), ("object", "{}"), ("text", "\"x\""),
        ("list of null", "[null]"), ("object with a member", "{\"x\":1}"), ("10,000 elements", $"[{Many("0")}]"),
    ];

    private static readonly (string What, string Raw)[] Texts =
    [
        ("empty", "\"\""), ("blank", "\" \\t\\r\\n\""), ("NUL", "\"a\\u0000b\""),
        ("control", "\"\\u0001\\u001f\\u007f\""),
        ("lone high surrogate", "\"\\ud800\""), ("lone low surrogate", "\"\\udc00x\""),
        ("swapped pair", "\"\\udc00\\ud800\""),
        ("U+FFFE", "\"\\ufffe\\uffff\""), ("emoji", "\"\\ud83d\\ude00\""), ("right to left", "\"\\u202eabc\""),
        ("300 letters", $"\"{new string('x', 300)}\""), ("20,001 letters", $"\"{new string('x', 20_001)}\""),
        ("60,000 letters", $"\"{new string('x', 60_000)}\""),
        ("9,000 of three bytes", $"\"{new string('가', 9_000)}\""),
        ("SQL", "\"'; drop table events; --\""), ("format", "\"{0} %s %n ${x} {{x}}\""),
        ("backslashes", "\"\\\\u0000\\\\\""),
        ("zone of Mars", "\"Mars/Olympus\""), ("zone a path", "\"../../etc/passwd\""),
        ("zone posix", "\"posix/Asia/Seoul\""),
        ("address", "\"https://x@y:99999999/\""), ("mail", "\"a@b@c\""), ("mail with NUL", "\"a@b\\u0000.test\""),
        ("IDN", "\"a@xn--a\""), ("uuid", "\"00000000-0000-0000-0000-000000000000\""),
    ];

    private static readonly (string What, string Raw)[] Numbers =
    [
        ("-1", "-1"), ("0", "0"), ("-0", "-0"), ("1.5", "1.5"), ("1.0", "1.0"), ("1e2", "1e2"), ("2^31", "2147483648"),
        ("-2^31", "-2147483648"), ("2^63", "9223372036854775808"), ("1e400", "1e400"), ("1e-400", "1e-400"),
        ("5,000 digits", new string('9', 5_000)), ("NaN", "NaN"), ("\"NaN\"", "\"NaN\""), ("Infinity", "Infinity"),
        ("\"1\"", "\"1\""), ("01", "01"), ("0x1", "0x1"), ("+1", "+1"),
    ];

    private static readonly (string What, string Raw)[] Instants =
        [.. new[]
        {
            "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00", "0002-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-14:00", "9998-12-31T23:59:59.9999999Z",
            "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "1582-10-10T00:00:00Z", "2037-02-30T00:00:00Z",
            "2037-13-01T00:00:00Z", "2037-01-01", "2037-01-01T00:00:00", "2037-01-01T24:00:00Z", "2037-01-01T25:00:00Z",
            "2016-12-31T23:59:60Z", "2037-01-01T00:00:00+24:00", "2037-01-01T00:00:00+15:00",
            "2037-01-01T00:00:00+00:99",
            "2037-01-01T00:00:00-00:00", "2037-01-01t00:00:00z", "2037-01-01 00:00:00Z",
            "2037-01-01T00:00:00.1234567890123Z",
            "20370101T000000Z", "2037-W01-1T00:00:00Z", "now", "infinity", "-infinity", "epoch", "0", "",
            "2037-01-01T00:00:00[Asia/Seoul]", "２０３７-01-01T00:00:00Z",
        }.Select(text => (text, $"\"{text}\""))];

    /// <summary>Null is the media type that is right.</summary>
    public static IEnumerable<(string What, byte[] Body, string? MediaType)> Of(JsonObject valid, BodySchema schema)
    {
        foreach (var (what, text) in Wholes(valid.ToJsonString()))
            yield return (what, Encoding.UTF8.GetBytes(text), null);
        foreach (var encoded in Encodings(valid.ToJsonString())) yield return encoded;
        foreach (var member in schema.Members.Where(member => member.Path.Length > 0))
        {
            var open = schema.Put(valid, member, Place).ToJsonString();
            foreach (var (what, raw) in ValuesFor(member))
                yield return (
                    $"{member.Pointer}: {what}",
                    Encoding.UTF8.GetBytes(open.Replace($"\"{Place}\"", raw, StringComparison.Ordinal)),
                    null);
        }
    }

    /// <summary>For endpoints that read no body: what is sent all the same must not matter.</summary>
    public static IEnumerable<(string What, byte[] Body, string? MediaType)> WhereNoneIsExpected()
    {
        string[] texts = ["{", "{}", "null", "[]", "{\"id\":1}", "\"\\ud800\"", "\0", new(' ', 70_000)];
        foreach (var text in texts)
            yield return ($"unexpected {text[..1]}", Encoding.UTF8.GetBytes(text), null);
        yield return ("unexpected form", "a=b"u8.ToArray(), "application/x-www-form-urlencoded");
        yield return ("unexpected XML", "<a/>"u8.ToArray(), "application/xml");
        yield return ("unexpected bytes", [0xff, 0xfe, 0x00], "application/octet-stream");
    }

    private static IEnumerable<(string What, string Raw)> ValuesFor(BodyMember member) =>
        Anything.Concat(member.Type switch
        {
            "integer" or "number" => Numbers,
            "string" when member.Format is "date-time" => [.. Instants, .. Texts.Take(12)],
            "string" => Texts,
            "map" =>
            [
                ("empty name", "{\"\":null}"), ("name with NUL", "{\"\\u0000\":{}}"),
                ("lone surrogate", "{\"\\ud800\":{}}"),
                ("names twice", "{\"en\":{},\"en\":{}}"), ("5,000 names", $"{{{Names(5_000)}}}"),
                ("a name of 60,000", $"{{\"{new string('x', 60_000)}\":{{}}}}"),
            ],
            _ => [],
        });

    private static IEnumerable<(string What, string Text)> Wholes(string valid)
    {
        var inner = valid[1..^1];
        var first = inner[1..inner.IndexOf('"', 1)];
        yield return ("nothing", "");
        yield return ("a blank", " ");
        foreach (var (what, raw) in Anything) yield return ($"body: {what}", raw);
        yield return ("body: NaN", "NaN");
        yield return ("open brace", "{");
        yield return ("close brace", "}");
        yield return ("cut in half", valid[..(valid.Length / 2)]);
        yield return ("trailing comma", $"{{{inner},}}");
        yield return ("leading comma", $"{{,{inner}}}");
        yield return ("two documents", valid + valid);
        yield return ("text after it", valid + " x");
        yield return ("a comment", $"{{/* x */{inner}}}");
        yield return ("a line comment", $"{{{inner}}} // x");
        yield return ("single quotes", valid.Replace('"', '\''));
        yield return ("names without quotes", $"{{{first}:1}}");
        yield return ("the first member twice", $"{{{inner},{inner[..(inner.IndexOf(':', 1) + 1)]}\"x\"}}");
        yield return ("the first member twice, escaped", $"{{{inner},\"\\u{(int)first[0]:x4}{first[1..]}\":\"x\"}}");
        yield return ("the first member in capitals", $"{{\"{first.ToUpperInvariant()}\":\"x\",{inner}}}");
        yield return ("an unknown member", $"{{{inner},\"x\":1}}");
        yield return ("a name with NUL", $"{{{inner},\"\\u0000\":1}}");
        yield return ("a name that is a lone surrogate", $"{{{inner},\"\\ud800\":1}}");
        yield return ("an empty name", $"{{{inner},\"\":1}}");
        yield return ("5,000 unknown members", $"{{{inner},{Names(5_000)}}}");
        yield return ("a raw NUL", valid.Insert(1, "\0"));
        yield return ("a raw line end in a text", valid.Insert(2, "\n"));
        yield return ("32 lists deep", $"{{{inner},\"x\":{Nested('[', ']', 31)}}}");
        yield return ("33 lists deep", $"{{{inner},\"x\":{Nested('[', ']', 33)}}}");
        yield return ("30,000 lists deep", $"{{{inner},\"x\":{Nested('[', ']', 30_000)}}}");
        yield return (
            "33 objects deep",
            $"{{{inner},\"x\":{string.Concat(Enumerable.Repeat("{\"x\":", 33))}1{new string('}', 33)}}}");
        yield return ($"{Limit64K}", valid + new string(' ', Limit - Encoding.UTF8.GetByteCount(valid)));
        yield return ($"{Limit64K} and one", valid + new string(' ', Limit + 1 - Encoding.UTF8.GetByteCount(valid)));
        yield return ("a text over the limit", $"{{{inner},\"x\":\"{new string('x', Limit)}\"}}");
    }

    private static IEnumerable<(string What, byte[] Body, string? MediaType)> Encodings(string valid)
    {
        var bytes = Encoding.UTF8.GetBytes(valid);
        yield return ("BOM", [.. Encoding.UTF8.Preamble, .. bytes], null);
        yield return ("UTF-16 with BOM", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(valid)], null);
        yield return ("UTF-16 as declared", Encoding.Unicode.GetBytes(valid), "application/json; charset=utf-16");
        yield return (
            "UTF-16 as declared, big-endian", Encoding.BigEndianUnicode.GetBytes(valid),
            "application/json; charset=utf-16BE");
        yield return ("UTF-32 as declared", Encoding.UTF32.GetBytes(valid), "application/json; charset=utf-32");
        yield return ("an unknown charset", bytes, "application/json; charset=klingon");
        yield return ("UTF-7", bytes, "application/json; charset=utf-7");
        yield return ("a byte that is no UTF-8", [.. bytes[..2], 0xff, .. bytes[2..]], null);
        yield return ("an overlong slash", [.. bytes[..2], 0xc0, 0xaf, .. bytes[2..]], null);
        yield return ("a surrogate in UTF-8", [.. bytes[..2], 0xed, 0xa0, 0x80, .. bytes[2..]], null);
        yield return ("declared as text", bytes, "text/plain");
        yield return ("declared as a form", bytes, "application/x-www-form-urlencoded");
        yield return ("declared as parts", bytes, "multipart/form-data; boundary=x");
        yield return ("declared as XML", bytes, "application/xml");
        yield return ("declared as nonsense", bytes, "application/");
        yield return ("declared as problem", bytes, "application/problem+json");
    }

    private static string Many(string what) => string.Join(',', Enumerable.Repeat(what, 10_000));

    private static string Names(int count) => string.Join(',', Enumerable.Range(0, count)
        .Select(number => string.Create(CultureInfo.InvariantCulture, $"\"n{number}\":1")));

    private static string Nested(char open, char close, int depth) =>
        new string(open, depth) + new string(close, depth);
}

/// <summary>Queries with values that do not fit, encoded as they are sent.</summary>
internal static class QueryFuzz
{
    private static readonly string[] Any =
    [
        "", "%20", "x", "%00", "%0d%0aX-Injected:%201", "%ff", "%ed%a0%80", "%", "%zz", "null", "true", "[]", "{}", "'",
        "%27%20or%201%3d1--", "..%2f..%2fetc", "%ef%bf%be", "%f0%9f%98%80", new('x', 6_000),
    ];

    private static readonly string[] Integers =
    [
        "-1", "0", "1", "100", "101", "1.0", "1e2", "01", "+1", "%201", "1%20", "0x1", "NaN", "2147483647",
        "2147483648",
        "-2147483649", "9223372036854775808", "%d9%a1", new('9', 400),
    ];

    private static readonly string[] Instants =
    [
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "0001-01-01T00:00:00-14:00",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-14:00", "2037-01-01", "2037-01-01T00:00:00", "2037-01-01T24:00:00Z",
        "2037-02-30T00:00:00Z",
        "10000-01-01T00:00:00Z", "now", "infinity", "0", "1e9", "2037-01-01T00:00:00+09:00", "01/02/2037", "12:00",
        "2016-12-31T23:59:60Z", "Thu,%2001%20Jan%202037%2000:00:00%20GMT", "2020-01-01T00:00:00Z",
    ];

    /// <summary>Of 24 bytes, as cursors are: all zero, all one, the greatest and the first too great instant.</summary>
    private static readonly string[] Cursors =
    [
        new('A', 32), new('_', 32), "K8o" + new string('A', 29), "f_________8" + new string('A', 21),
        new('A', 31), new('A', 33), new('%', 1), new('=', 32), $"{new string('A', 30)}==", new('A', 5_000),
    ];

    public static IEnumerable<string> Of(IReadOnlyList<(string Name, JsonObject Schema)> parameters)
    {
        yield return "unknown=1";
        yield return "%00=1";
        yield return "%ff=%fe";
        yield return "&&==&=";
        yield return new string('&', 2_000);
        yield return string.Join('&', Enumerable.Range(0, 1_500).Select(number => $"p{number}=1"));
        foreach (var (name, schema) in parameters)
        {
            var others = string.Concat(parameters.Where(other => other.Name != name)
                .Select(other => (other.Name, Value: ValidFor(other.Schema)))
                .Where(other => other.Value is not null).Select(other => $"&{other.Name}={other.Value}"));
            foreach (var value in ValuesFor(schema))
            {
                yield return $"{name}={value}";
                if (others.Length > 0) yield return $"{name}={value}{others}";
            }

            yield return name;
            yield return $"{name}=1&{name}=2";
            yield return $"{name}[]=1";
            yield return $"{name}[0]=1";
            yield return $"{name}.x=1";
            yield return $"{name.ToUpperInvariant()}=x";
        }
    }

    private static IEnumerable<string> ValuesFor(JsonObject schema) => Any.Concat(BodySchema.TypeOf(schema) switch
    {
        "integer" or "number" => Integers,
        "string" when schema["format"]?.GetValue<string>() == "date-time" => Instants,
        "string" => [.. Cursors, .. PathFuzz.Of(Guid.Empty)],
        _ => Integers.Concat(Instants),
    });

    private static string? ValidFor(JsonObject schema) => BodySchema.TypeOf(schema) switch
    {
        "integer" or "number" => "1",
        "string" when schema["format"]?.GetValue<string>() == "date-time" => "2020-01-01T00:00:00Z",
        _ => null, // a cursor or a word that fits is not known here
    };
}

/// <summary>What may stand in place of an id in a path, encoded as it is sent.</summary>
internal static class PathFuzz
{
    /// <summary>The id in other spellings, and what is no id at all.</summary>
    public static IEnumerable<string> Of(Guid id) =>
    [
        $"{id:N}", $"{id:B}".Replace("{", "%7B", StringComparison.Ordinal).Replace("}", "%7D",
        StringComparison.Ordinal),
        $"({id})", $"{id}".ToUpperInvariant(), $"%20{id}", $"{id}%20", $"{id}%0a", $"{id}%00", $"{id}.json",
        $"{id};x=1",
        $"{id}%2f", $"{id},{id}", $"{id}%7C{id}", $"0x{id:N}", $"{id}"[..35], $"{id}0", "x", "0", "-1", "null",
        "undefined", "*",
        "%00", "%ff", "%ed%a0%80", "%25", "%2e%2e", "..%2f..%2fv1%2fme", "%27%20or%201%3d1--", "%F0%9F%98%80",
        new('a', 4_000),
    ];
}

/// <summary>Headers that are read, with values that do not fit.</summary>
internal static class HeaderFuzz
{
    public static readonly string[] Common =
        ["Accept", "Accept-Language", "Accept-Encoding", "X-Request-Id", "traceparent", "Range", "Expect"];

    public static readonly string[] Values =
    [
        "", "*", "x", "\"1\"", "\"1", "W/\"1\"", "\"1\", \"2\",, ,", "-1", "99999999999999999999", "\t", "%e9", "%00",
        "0-0-0-0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "bytes=0-1", "en;q=2",
        "ko-KR-u-nu-latn,*;q=x",
        "zz-ZZ", "application/json;q=NaN", "{0}", "' or 1=1--", new('x', 300), new('x', 4_000), new(',', 1_000),
    ];
}
