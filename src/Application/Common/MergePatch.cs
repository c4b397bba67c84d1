using System.Text.Json;
using System.Text.Json.Nodes;
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
        var known = Wire.Json.GetTypeInfo(typeof(T)).Properties.ToDictionary(property => property.Name);
        foreach (var (name, value) in Json)
        {
            if (!known.TryGetValue(name, out var property))
                failures.Add(Malformed.UnknownMember(Malformed.Pointer(name)));
            else if (value is null or JsonObject || property.PropertyType == typeof(object))
                continue; // null is judged after the merge, as are the members of a nested patch
            else
                Try(() => value.Deserialize(property.PropertyType, Wire.Json), $"/{name}", failures);
        }

        return failures;
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
