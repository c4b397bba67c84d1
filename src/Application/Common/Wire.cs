using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Application.Common;

/// <summary>How our words look on the wire and in text columns: one spelling for both.</summary>
public static class Wire
{
    /// <summary>in_person, super_admin; features and entitlements are camelCase, as the contract spells them.</summary>
    public static string Text<TEnum>(TEnum value)
        where TEnum : struct, Enum =>
        NamingOf(typeof(TEnum)).ConvertName(value.ToString());

    /// <exception cref="FormatException">The text is not one of the words.</exception>
    public static TEnum Parse<TEnum>(string text)
        where TEnum : struct, Enum =>
        TryParse<TEnum>(text, out var value)
            ? value
            : throw new FormatException($"'{text}' is not a {typeof(TEnum).Name}.");

    /// <returns>False when the text is not one of the words, to the letter.</returns>
    public static bool TryParse<TEnum>(string text, out TEnum value)
        where TEnum : struct, Enum
    {
        foreach (var one in Enum.GetValues<TEnum>())
        {
            value = one;
            if (Text(one) == text) return true;
        }

        value = default;
        return false;
    }

    /// <summary>All words of an enum, in its order.</summary>
    public static IEnumerable<string> WordsOf(Type type) => Enum.GetNames(type).Select(NamingOf(type).ConvertName);

    /// <summary>
    /// Strict on the way in: unknown and duplicate members, wrong types, nulls and comments are refused.
    /// </summary>
    public static readonly JsonSerializerOptions Json = Configure(new JsonSerializerOptions());

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.MaxDepth = 32;
        // Korean stays readable; what HTML could take for its own is still escaped.
        options.Encoder = JavaScriptEncoder.Create(UnicodeRanges.All);
        options.Converters.Add(new WordConverterFactory());
        options.Converters.Add(new IdConverterFactory());
        options.Converters.Add(new TextConverter());
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new MergePatchConverterFactory());
        return options;
    }

    private static JsonNamingPolicy NamingOf(Type type) =>
        type == typeof(Feature) || type == typeof(Entitlement)
            ? JsonNamingPolicy.CamelCase : JsonNamingPolicy.SnakeCaseLower;

    /// <summary>PostgreSQL's text cannot hold U+0000: it is refused at the door instead of failing inside.</summary>
    private sealed class TextConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType is not JsonTokenType.String) throw new JsonException("Text expected.");

            return WithoutNul(reader.GetString());
        }

        public override string ReadAsPropertyName(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            WithoutNul(reader.GetString())!;

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value);

        private static string? WithoutNul(string? text) =>
            text?.Contains('\0', StringComparison.Ordinal) is true
                ? throw new JsonException("The character U+0000 is not allowed.")
                : text;
    }

    /// <summary>
    /// RFC 3339: an instant names its offset on the way in and is UTC ("Z") on the way out. Below the microsecond it is
    /// cut off, as PostgreSQL would: else the answer and its row would differ, and so would two "different" instants.
    /// </summary>
    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.TokenType is JsonTokenType.String ? reader.GetString()! : "";
            return NamesOffset(text) && reader.TryGetDateTimeOffset(out var value)
                && value.UtcDateTime.Year is > 1 and < 9999
                ? value.AddTicks(-(value.Ticks % TimeSpan.TicksPerMicrosecond))
                : throw new JsonException("An instant with its offset expected (RFC 3339).");
        }

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime);

        private static bool NamesOffset(string text) =>
            text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
    }

    private sealed class WordConverterFactory : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(WordConverter<>).MakeGenericType(typeToConvert))!;
    }

    /// <summary>
    /// The words of an enum, exactly: the framework's converter also takes other cases, blanks and sums.
    /// </summary>
    private sealed class WordConverter<TEnum> : JsonConverter<TEnum>
        where TEnum : struct, Enum
    {
        private static readonly Dictionary<string, TEnum> Values = Enum.GetValues<TEnum>().ToDictionary(Text);

        private static readonly Dictionary<TEnum, JsonEncodedText> Texts =
            Values.ToDictionary(pair => pair.Value, pair => JsonEncodedText.Encode(pair.Key));

        public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value)
                ? value
                : throw new JsonException($"A {typeof(TEnum).Name} expected.");

        public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Texts[value]);
    }

    private sealed class IdConverterFactory : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.IsValueType
            && typeToConvert.IsAssignableTo(typeof(IId<>).MakeGenericTypeOrNull(typeToConvert));

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(IdConverter<>).MakeGenericType(typeToConvert))!;
    }

    private sealed class IdConverter<TId> : JsonConverter<TId>
        where TId : struct, IId<TId>
    {
        public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String && reader.TryGetGuid(out var value)
                ? TId.From(value)
                : throw new JsonException("A UUID expected.");

        public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }

    private static Type? MakeGenericTypeOrNull(this Type definition, Type argument)
    {
        try
        {
            return definition.MakeGenericType(argument);
        }
        catch (ArgumentException)
        {
            return null; // the argument does not meet the constraint: it is no id
        }
    }

    private sealed class MergePatchConverterFactory : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(MergePatch<>);

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(
                typeof(MergePatchConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
    }

    private sealed class MergePatchConverter<T> : JsonConverter<MergePatch<T>>
        where T : class
    {
        public override MergePatch<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            ReadTextOf(reader);
            // By way of an element, which refuses a duplicate member as everything else here does; a node throws.
            var patch = JsonSerializer.Deserialize<JsonElement>(ref reader, options);
            return patch.ValueKind is JsonValueKind.Object
                ? new MergePatch<T>(JsonObject.Create(patch)!)
                : throw new JsonException("An object expected.");
        }

        /// <summary>A node reads its text at first use: a lone surrogate is refused here, not thrown there.</summary>
        private static void ReadTextOf(Utf8JsonReader ahead)
        {
            var depth = ahead.CurrentDepth;
            while (ahead.Read() && ahead.CurrentDepth > depth)
                if (ahead.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    ahead.GetString();
        }

        public override void Write(Utf8JsonWriter writer, MergePatch<T> value, JsonSerializerOptions options) =>
            value.Json.WriteTo(writer, options);
    }
}
