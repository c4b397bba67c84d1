using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>A JSON Merge Patch (RFC 7396) of a <typeparamref name="T"/>: absent keeps, null clears.</summary>
public sealed class MergePatch<T>(JsonObject json)
    where T : class
{
    public JsonObject Json { get; } = json;

    /// <summary>Unknown members and members of a wrong type; empty when the patch fits any current value.</summary>
    public IReadOnlyList<Failure> Check()
    {
        var failures = new List<Failure>();
        Check(Json, Wire.Json.GetTypeInfo(typeof(T)), "", failures);
        return failures;
    }

    private static void Check(JsonObject patch, JsonTypeInfo type, string at, List<Failure> failures)
    {
        var known = type.Properties.ToDictionary(property => property.Name);
        foreach (var (name, value) in patch)
        {
            var pointer = at + Malformed.Pointer(name);
            if (!known.TryGetValue(name, out var property))
                failures.Add(Malformed.UnknownMember(pointer));
            else if (value is JsonObject nested
                && Wire.Json.GetTypeInfo(property.PropertyType) is { Kind: JsonTypeInfoKind.Object } inner)
                Check(nested, inner, pointer, failures); // what it lacks may be there already
            else if (value is not (null or JsonObject)) // null is judged after the merge
                Try(() => value.Deserialize(property.PropertyType, Wire.Json), pointer, failures);
        }
    }

    /// <summary>The value with the patch applied, or what is wrong with it.</summary>
    public Result<T> ApplyTo(T current)
    {
        var merged = JsonSerializer.SerializeToNode(current, Wire.Json)!.AsObject();
        Merge(merged, Json);
        var failures = new List<Failure>();
        T? value = null;
        Try(() => value = merged.Deserialize<T>(Wire.Json), "", failures);
        return failures.Count == 0 ? value! : Error.Validation(failures);
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target[name] = null;
            else if (value is not JsonObject nested)
                target[name] = value.DeepClone();
            else
                MergeNested(target, name, nested);
        }
    }

    private static void MergeNested(JsonObject target, string name, JsonObject nested)
    {
        if (target[name] is not JsonObject inner) target[name] = inner = [];

        Merge(inner, nested);
        foreach (var (member, value) in nested)
            if (value is null)
                inner.Remove(member);
    }

    private static void Try(Action deserialize, string pointer, List<Failure> failures)
    {
        try
        {
            deserialize();
        }
        catch (JsonException refused)
        {
            failures.AddRange(Malformed.Describe(refused).Select(f => f with { Pointer = pointer + f.Pointer }));
        }
    }
}
