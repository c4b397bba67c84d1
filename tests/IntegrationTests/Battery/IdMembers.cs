using System.Reflection;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Finds the members of a request that name rows, however deep they stand.</summary>
internal static class IdMembers
{
    /// <returns>Paths of camelCase names; an element of a list is "0", an entry of a map "en".</returns>
    public static IEnumerable<string[]> Of(Type type) => Of(type, [], []);

    private static IEnumerable<string[]> Of(Type type, string[] path, Type[] above)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (IsId(type)) return [path];
        if (type == typeof(string) || type.IsPrimitive || type.IsEnum || above.Contains(type)) return [];
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(MergePatch<>))
            return Of(type.GetGenericArguments()[0], path, above);

        Type[] here = [.. above, type];
        if (Element(type, typeof(IEnumerable<>)) is not { } element)
            return type.Assembly.GetName().Name!.StartsWith("CleanTenancy", StringComparison.Ordinal)
                ? type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .SelectMany(member => Of(member.PropertyType, [.. path, Camel(member.Name)], here))
                : [];

        return element.IsGenericType && element.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)
            ? [.. Of(element.GetGenericArguments()[0], [.. path, "en"], here),
                .. Of(element.GetGenericArguments()[1], [.. path, "en"], here)]
            : Of(element, [.. path, "0"], here);
    }

    private static bool IsId(Type type) =>
        type == typeof(Guid)
        || (type.IsValueType && type.GetInterfaces()
            .Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IId<>)));

    private static Type? Element(Type type, Type definition) =>
        type.GetInterfaces().Prepend(type)
            .FirstOrDefault(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == definition)
            ?.GetGenericArguments()[0];

    private static string Camel(string name) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name);
}
