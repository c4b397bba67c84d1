using System.Text.Json.Nodes;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>A member of a body, wherever it stands in it.</summary>
/// <param name="Path">Names from the root; an element of a list is "0", an entry of a map "en".</param>
/// <param name="Schema">Without references.</param>
internal sealed record BodyMember(string[] Path, JsonObject Schema)
{
    public string Pointer => string.Concat(Path.Select(name => "/" + name));

    public string Type => BodySchema.TypeOf(Schema);

    public string? Format => Schema["format"]?.GetValue<string>();
}

/// <summary>Reads the contract's schema of a body, so that every member is found and can be put in its place.</summary>
internal sealed class BodySchema(JsonObject schema, JsonObject document)
{
    private const int Deepest = 6;

    /// <summary>Every member, objects and lists too, and the root itself.</summary>
    public IReadOnlyList<BodyMember> Members { get; } = [.. Walk(schema, [], document)];

    /// <summary>string, integer, number, boolean, array, object or map.</summary>
    public static string TypeOf(JsonObject schema)
    {
        if (schema["properties"] is JsonObject) return "object";
        if (schema["additionalProperties"] is JsonObject) return "map";
        return schema["type"] switch
        {
            JsonArray several => several.Select(type => type!.GetValue<string>()).First(type => type != "null"),
            JsonValue one => one.GetValue<string>(),
            _ => schema["enum"] is not null ? "string" : "object",
        };
    }

    /// <summary>The body with this value at the member's place; what is missing on the way is made.</summary>
    public JsonObject Put(JsonObject body, BodyMember member, JsonNode? value)
    {
        var changed = body.DeepClone().AsObject();
        var (at, parent) = ((JsonNode)changed, schema);
        foreach (var name in member.Path[..^1])
        {
            parent = Child(parent, name);
            at = Step(at, name, () => Sample(parent));
        }

        if (at is JsonArray list) list[0] = value;
        else at[member.Path[^1]] = value;
        return changed;
    }

    /// <summary>The body with an object or list at the member's place, to be changed there.</summary>
    public (JsonObject Body, JsonNode At) Open(JsonObject body, BodyMember member)
    {
        var changed = body.DeepClone().AsObject();
        var (at, parent) = ((JsonNode)changed, schema);
        foreach (var name in member.Path)
        {
            parent = Child(parent, name);
            at = Step(at, name, () => Sample(parent));
        }

        return (changed, at);
    }

    /// <summary>A small value that fits.</summary>
    public JsonNode Sample(JsonObject of)
    {
        var plain = Resolve(of, document);
        if (plain["enum"] is JsonArray { Count: > 0 } words) return words[0]!.DeepClone();
        return TypeOf(plain) switch
        {
            "object" => new JsonObject((plain["required"] as JsonArray ?? []).Select(name => KeyValuePair.Create(
                name!.GetValue<string>(),
                (JsonNode?)Sample(plain["properties"]![name.GetValue<string>()]!.AsObject())))),
            "map" => new JsonObject { ["en"] = Sample(plain["additionalProperties"]!.AsObject()) },
            "array" => new JsonArray(Sample(plain["items"]!.AsObject())),
            "integer" or "number" => JsonValue.Create(1),
            "boolean" => JsonValue.Create(false),
            _ => plain["format"]?.GetValue<string>() switch
            {
                "date-time" => JsonValue.Create("2037-04-01T09:30:00Z"),
                "uuid" => JsonValue.Create(Guid.Empty.ToString()),
                _ => JsonValue.Create("x"),
            },
        };
    }

    private static JsonNode Step(JsonNode at, string name, Func<JsonNode> make)
    {
        if (at is JsonArray list)
        {
            if (list.Count == 0) list.Add(make());
            return list[0]!;
        }

        if (at[name] is not (JsonObject or JsonArray)) at[name] = make();
        return at[name]!;
    }

    private JsonObject Child(JsonObject of, string name)
    {
        var plain = Resolve(of, document);
        return Resolve(
            TypeOf(plain) switch
            {
                "map" => plain["additionalProperties"]!.AsObject(),
                "array" => plain["items"]!.AsObject(),
                _ => plain["properties"]![name]!.AsObject(),
            },
            document);
    }

    private static IEnumerable<BodyMember> Walk(JsonObject of, string[] path, JsonObject document)
    {
        var plain = Resolve(of, document);
        yield return new BodyMember(path, plain);
        if (path.Length == Deepest) yield break; // a schema may contain itself

        IEnumerable<(string Name, JsonNode? Schema)> inner = TypeOf(plain) switch
        {
            "object" => (plain["properties"] as JsonObject ?? []).Select(member => (member.Key, member.Value)),
            "map" => [("en", plain["additionalProperties"])],
            "array" => [("0", plain["items"])],
            _ => [],
        };
        foreach (var (name, schema) in inner)
            if (schema is JsonObject child)
                foreach (var member in Walk(child, [.. path, name], document))
                    yield return member;
    }

    private static JsonObject Resolve(JsonObject of, JsonObject document)
    {
        while (true)
        {
            if (of["$ref"]?.GetValue<string>() is { } reference)
                of = document["components"]!["schemas"]![reference[(reference.LastIndexOf('/') + 1)..]]!.AsObject();
            else if (of["oneOf"] is JsonArray choices)
                of = choices.Select(choice => choice!.AsObject())
                    .First(choice => choice["type"] is not JsonValue type || type.GetValue<string>() != "null");
            else
                return of;
        }
    }
}
