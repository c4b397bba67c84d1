using System.Text.Json.Nodes;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CleanTenancy.Api.Common;

/// <summary>OpenAPI 3.1 from the endpoint table, and Swagger UI on every host that answers.</summary>
internal static class Documentation
{
    private const string Document = "v1", Scheme = "bearer";

    public static void AddDocumentation(this IServiceCollection services) =>
        services.AddOpenApi(Document, options =>
        {
            options.AddDocumentTransformer(DescribeDocument);
            options.AddOperationTransformer(DescribeOperation);
            options.AddSchemaTransformer(DescribeSchema);
        });

    public static void UseDocumentation(this WebApplication app)
    {
        if (!IsShown(app)) return;

        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.DocumentTitle = "CleanTenancy";
            ui.SwaggerEndpoint("/openapi/v1.json", "CleanTenancy v1");
            ui.EnablePersistAuthorization();
            ui.DisplayOperationId();
        });
    }

    public static void MapDocumentation(this WebApplication app)
    {
        if (IsShown(app))
            app.MapOpenApi("/openapi/{documentName}.json").IsOpen("The contract is public; it holds no tenant's data.");
    }

    private static bool IsShown(WebApplication app) =>
        app.Environment.IsDevelopment() || app.Configuration.GetValue<bool>("OpenApi:Enabled");

    private static Task DescribeDocument(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CleanTenancy",
            Version = "1",
            Description = "Event management for many organizations. The host names the tenant; sign in with "
                + "POST /v1/auth/login and send the access token as a bearer token.",
            License = new OpenApiLicense { Name = "Proprietary", Identifier = "LicenseRef-Proprietary" },
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "The accessToken of POST /v1/auth/login on the same host.",
            },
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas["Problem"] = ProblemSchema();
        return Task.CompletedTask;
    }

    private static Task DescribeOperation(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RouteRequest>().SingleOrDefault() is not { } route)
            return Task.CompletedTask;

        var document = context.Document!;
        operation.Description = Describe(route);
        operation.Security = route.IsPublic
            ? []
            : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
        AddHeaders(operation, route);
        AddProblems(operation, route, document);
        AddExamples(operation, route);
        return Task.CompletedTask;
    }

    private static string Describe(RouteRequest route)
    {
        var parts = new List<string>();
        if (route.Policy.Permission.Length > 0) parts.Add($"Permission: {route.Policy.Permission}.");
        if (route.Policy.Feature != default) parts.Add($"Feature: {Wire.Text(route.Policy.Feature)}.");
        if (route.Policy.Quota != default) parts.Add($"Quota: {Wire.Text(route.Policy.Quota)}.");
        parts.Add(route.IsPlatform ? "Platform host." : "Tenant host.");
        return string.Join(' ', parts);
    }

    private static void AddHeaders(OpenApiOperation operation, RouteRequest route)
    {
        if (!route.Policy.Idempotent) return;

        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "Idempotency-Key",
            In = ParameterLocation.Header,
            Description = "1 to 255 characters; the same key and body within 24 hours gets the same answer.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
        });
    }

    private static void AddProblems(OpenApiOperation operation, RouteRequest route, OpenApiDocument document)
    {
        var statuses = new SortedDictionary<int, string> { [404] = "tenant_not_found or not_found" };
        if (operation.RequestBody is not null)
            (statuses[413], statuses[415]) = ("payload_too_large", "unsupported_media_type");
        if (operation.RequestBody is not null || operation.Parameters is { Count: > 0 }) statuses[400] = "validation_failed or malformed_json";
        if (!route.IsPublic || route.Request.Name is "SignIn" or "RefreshSession") statuses[401] = "unauthenticated";
        if (!route.IsPlatform) statuses[403] = "permission_denied, feature_not_in_plan, tenant_suspended or tenant_deleted";
        if (!route.IsPlatform) statuses[503] = "tenant_provisioning";
        if (route is { IsCommand: true, IsPublic: false }) statuses[409] = "quota_exceeded, invalid_transition or another named conflict";
        if (route.Policy.Idempotent) statuses[422] = "idempotency_key_reused";
        if (route.IsConditional) (statuses[412], statuses[428]) = ("precondition_failed", "precondition_required");

        operation.Responses ??= [];
        foreach (var (status, codes) in statuses)
            operation.Responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = codes,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference("Problem", document) },
                },
            };
    }

    private static void AddExamples(OpenApiOperation operation, RouteRequest route)
    {
        if (operation.RequestBody?.Content is not { } content || !Examples.TryGetValue(route.Request.Name, out var json)) return;

        foreach (var media in content.Values) media.Example = JsonNode.Parse(json);
    }

    private static Task DescribeSchema(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        if (inner.IsValueType && inner.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
            if (inner != type) schema.Type |= JsonSchemaType.Null;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(MergePatch<>))
        {
            schema.Type = JsonSchemaType.Object;
            schema.Description = $"A JSON Merge Patch (RFC 7396) of {type.GetGenericArguments()[0].Name}: "
                + "absent members stay, null clears.";
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema()
    {
        static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "A problem document (RFC 9457). Branch on code; more members may stand beside these.",
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Text("A URI that names the kind of problem."),
                ["title"] = Text("The kind of problem, in English."),
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
                ["detail"] = Text("For people, in the language of Accept-Language (en, ko)."),
                ["instance"] = Text("The path that was asked."),
                ["code"] = Text("Stable, machine readable."),
                ["traceId"] = Text("Quote it when you ask for help."),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["pointer"] = Text("JSON Pointer (RFC 6901) into the body, or ? and a query parameter's name."),
                            ["code"] = Text("Stable, machine readable."),
                            ["message"] = Text("For people."),
                        },
                        Required = new HashSet<string> { "pointer", "code", "message" },
                    },
                },
            },
            Required = new HashSet<string> { "type", "title", "status", "detail", "instance", "code", "traceId" },
        };
    }

    private static readonly Dictionary<string, string> Examples = new()
    {
        ["SignIn"] = """{"email":"owner@acme.test","password":"correct-horse-demo"}""",
        ["RefreshSession"] = """{"refreshToken":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""",
        ["CreateEvent"] = """{"title":"Spring Meetup","startsAt":"2027-04-01T09:00:00Z","endsAt":"2027-04-01T17:00:00Z","timeZone":"Asia/Seoul","capacity":120,"attendanceMode":"in_person","venue":{"name":"COEX","address":"513 Yeongdong-daero, Seoul"}}""",
        ["ChangeEvent"] = """{"title":"Spring Meetup 2027","capacity":null}""",
        ["AddProgram"] = """{"title":"Opening keynote","startsAt":"2027-04-01T09:00:00Z","endsAt":"2027-04-01T10:00:00Z","room":"Hall 1"}""",
        ["ChangeProgram"] = """{"room":"Hall 2"}""",
        ["EnterRegistration"] = """{"name":"Kim Minji","email":"minji@example.test"}""",
    };
}
