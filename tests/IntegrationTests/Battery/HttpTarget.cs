using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanTenancy.Api.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>A place in a path that takes the id of a row.</summary>
internal sealed record PathId(string Name, string Table);

/// <summary>One endpoint of the running API, with all that is needed to attack it.</summary>
/// <param name="Pattern">As the contract writes it.</param>
/// <param name="Request">Null for a route that is open to all.</param>
/// <param name="Body">The type that the body is read into; null if there is none.</param>
/// <param name="Operation">The contract's part on this endpoint; null for routes that are not documented.</param>
internal sealed record HttpTarget(
    string Method, string Pattern, RoutePattern Route, RouteRequest? Request, Type? Body, JsonObject? Operation)
{
    /// <summary>
    /// Parameters that name no row, with a value that works; behind the segment before, where one name means several.
    /// </summary>
    private static readonly Dictionary<string, string> Fixed = new()
    {
        ["documentName"] = "v1",
        ["tier"] = "starter",
        ["key"] = "customDomain", // a feature, and the key of an override
        ["email-templates/key"] = "invitation",
    };

    public string Name => $"{Method} {Pattern}";

    public bool IsPublic => Request is null or { IsPublic: true };

    public bool IsPlatform => Request is { IsPlatform: true };

    public bool IsCommand => Request is { IsCommand: true };

    public required IReadOnlyList<PathId> Ids { get; init; }

    /// <summary>The body of the contract's example; null if there is no body.</summary>
    public JsonObject? Example { get; private init; }

    public JsonObject? Schema { get; private init; }

    public string? MediaType { get; private init; }

    /// <summary>Takes a file in a form: what is sent has no JSON in it.</summary>
    public bool IsUpload => MediaType == HttpUpload.MediaType;

    public IEnumerable<(string Name, JsonObject Schema)> Queries => Parameters("query");

    public IEnumerable<(string Name, JsonObject Schema)> Headers => Parameters("header");

    /// <summary>The path with these values in it, encoded already.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        var (path, before) = (new StringBuilder(), "");
        foreach (var segment in Route.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                path.Append(part switch
                {
                    RoutePatternLiteralPart literal => literal.Content,
                    RoutePatternSeparatorPart separator => separator.Content,
                    RoutePatternParameterPart parameter => Fixed.GetValueOrDefault($"{before}/{parameter.Name}")
                        ?? Fixed.GetValueOrDefault(parameter.Name) ?? values[parameter.Name],
                    _ => throw new InvalidOperationException($"{Name}: a part of the path of an unknown kind."),
                });
            if (segment.Parts is [RoutePatternLiteralPart last]) before = last.Content;
        }

        return path.ToString();
    }

    /// <exception cref="InvalidOperationException">The battery cannot attack this endpoint; says why.</exception>
    public static HttpTarget Of(
        string method, RoutePattern route, RouteRequest? request, Type? body, JsonObject document,
        TenantCatalogue catalogue)
    {
        var pattern = "/" + string.Join('/', route.PathSegments.Select(segment =>
            string.Concat(segment.Parts.Select(part => part switch
            {
                RoutePatternLiteralPart literal => literal.Content,
                RoutePatternSeparatorPart separator => separator.Content,
                RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
                _ => throw new InvalidOperationException("A part of a path of an unknown kind."),
            }))));
        var operation = document["paths"]?[pattern]?[method.ToLowerInvariant()] as JsonObject;
        var media = (operation?["requestBody"]?["content"] as JsonObject)?.FirstOrDefault();
        var target = new HttpTarget(method, pattern, route, request, body, operation)
        {
            Ids = [.. IdsOf($"{method} {pattern}", route, catalogue)],
            Example = media?.Value?["example"] as JsonObject,
            Schema = media?.Value?["schema"] as JsonObject,
            MediaType = media?.Key,
        };
        if (request is not null && operation is null)
            throw new InvalidOperationException($"{target.Name} is not in the contract: the battery cannot attack it.");
        if (target.IsUpload) target = target with { Body = null };
        if (target.Body is not null && (target.Example is null || target.Schema is null))
            throw new InvalidOperationException(
                $"{target.Name} has a body without an example: give {request?.Request.Name} one in Documentation.");
        if (target.UnattackedIds() is { Length: > 0 } ids)
            throw new InvalidOperationException(
                $"{target.Name}: the battery cannot tell where {ids} come from: neither path, nor query, nor body.");
        return target;
    }

    private IEnumerable<(string Name, JsonObject Schema)> Parameters(string place) =>
        from parameter in Operation?["parameters"]?.AsArray() ?? []
        where parameter!["in"]!.GetValue<string>() == place
        select (parameter["name"]!.GetValue<string>(), parameter["schema"]!.AsObject());

    /// <summary>Members of the request that name rows, when there are more than the places that are attacked.</summary>
    private string UnattackedIds()
    {
        if (Request is null || Request.Request == Body) return "";

        var found = IdMembers.Of(Request.Request).Select(path => path[0])
            .Where(name => Request.Request.GetProperties().Single(member =>
                JsonNamingPolicy.CamelCase.ConvertName(member.Name) == name).PropertyType != Body)
            .ToList();
        var attacked = Ids.Count + Queries.Count(query => query.Schema["format"]?.GetValue<string>() == "uuid");
        return found.Count > attacked ? string.Join(", ", found) : "";
    }

    /// <summary>The table is named by the segment before: events/{id}; or by the name itself: {ticketTypeId}.</summary>
    private static IEnumerable<PathId> IdsOf(string name, RoutePattern route, TenantCatalogue catalogue)
    {
        var before = "";
        foreach (var segment in route.PathSegments)
        {
            foreach (var parameter in segment.Parts.OfType<RoutePatternParameterPart>())
            {
                if (Fixed.ContainsKey(parameter.Name)) continue;
                if (!parameter.ParameterPolicies.Any(policy => policy.Content == "guid"))
                    throw new InvalidOperationException(
                        $"{name}: {{{parameter.Name}}} is no id. Give HttpTarget.Fixed a value that works for it.");

                yield return new PathId(
                    parameter.Name,
                    TableNames.Find(parameter.Name == "id" ? before : parameter.Name, catalogue)
                        ?? throw new InvalidOperationException(
                            $"{name}: {{{parameter.Name}}} is the id of a row, but of which table? "
                            + $"None is named after '{before}'; if it has another name, say so in TableNames."));
            }

            if (segment.Parts is [RoutePatternLiteralPart literal]) before = literal.Content;
        }
    }
}

/// <summary>From the words of the contract to the tables of the database.</summary>
internal static class TableNames
{
    /// <summary>Where the contract has another word than the table.</summary>
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["tenants"] = "organizations",
        ["categories"] = "event_categories",
        ["members"] = "users",
        ["exports"] = "operations",
        ["actor"] = "users",
        ["cover_files"] = "files",
    };

    /// <summary>ticket-types, ticketTypeId and ticketTypeIds are all rows of ticket_types.</summary>
    /// <returns>Null if there is no such table of tenants.</returns>
    public static string? Find(string word, TenantCatalogue catalogue)
    {
        var stem = word.EndsWith("Ids", StringComparison.Ordinal) ? word[..^3]
            : word.EndsWith("Id", StringComparison.Ordinal) ? word[..^2]
            : null;
        var name = JsonNamingPolicy.SnakeCaseLower.ConvertName((stem ?? word).Replace('-', '_'));
        if (stem is not null) name = name.EndsWith('y') ? name[..^1] + "ies" : name + "s";
        name = Aliases.GetValueOrDefault(name, name);
        return catalogue.Tables.TryGetValue(name, out var table) && table.Uuids.Contains("id") ? name : null;
    }
}

/// <summary>All endpoints of an API as it runs.</summary>
internal static class HttpTargets
{
    public static async Task<(IReadOnlyList<HttpTarget> Targets, JsonObject Document)> ReadAsync(
        TestApi api, TenantCatalogue catalogue)
    {
        var document = (await api.Platform.GetAsync("/openapi/v1.json")).Body!.AsObject();
        var targets = from endpoint in api.Services.GetRequiredService<EndpointDataSource>().Endpoints
                          .Cast<RouteEndpoint>()
                      from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
                      select HttpTarget.Of(
                          method,
                          endpoint.RoutePattern,
                          endpoint.Metadata.GetMetadata<RouteRequest>(),
                          endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType,
                          document,
                          catalogue);
        return ([.. targets.OrderBy(target => target.Pattern, StringComparer.Ordinal)
            .ThenBy(target => target.Method, StringComparer.Ordinal)], document);
    }
}
