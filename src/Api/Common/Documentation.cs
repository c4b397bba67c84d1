using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CleanTenancy.Api.Common;

/// <summary>OpenAPI 3.1 from the endpoint table, and Swagger UI on every host that answers.</summary>
internal static class Documentation
{
    private const string Document = "v1", Scheme = "bearer", MergePatchJson = "application/merge-patch+json";

    public static void AddDocumentation(this IServiceCollection services) =>
        services.AddOpenApi(Document, options =>
        {
            options.AddSchemaTransformer(DocumentedSchemas.DescribeAsync);
            options.AddOperationTransformer(DescribeOperation);
            options.AddDocumentTransformer(DescribeDocument);
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
            ui.EnableDeepLinking();
            ui.DisplayOperationId();
            ui.DisplayRequestDuration();
            ui.ShowCommonExtensions(); // least, most, longest: beside each parameter
            ui.DefaultModelsExpandDepth(0);
        });
    }

    public static void MapDocumentation(this WebApplication app)
    {
        if (IsShown(app))
            app.MapOpenApi("/openapi/{documentName}.json").IsOpen("The contract is public; it holds no tenant's data.");
    }

    private static bool IsShown(WebApplication app) =>
        app.Environment.IsDevelopment() || app.Configuration.GetValue<bool>("OpenApi:Enabled");

    private static async Task DescribeDocument(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CleanTenancy",
            Version = "1",
            Description = Introduction,
            License = new OpenApiLicense { Name = "Proprietary", Identifier = "LicenseRef-Proprietary" },
        };
        // The host that was asked, so that a browser calls its own origin. Paths bring the slash themselves.
        foreach (var server in document.Servers ?? []) server.Url = server.Url?.TrimEnd('/');

        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "The accessToken of POST /v1/auth/login on this host, without the word Bearer.",
            },
        };
        if (components.Examples is { } examples)
            components.Examples = new SortedDictionary<string, IOpenApiExample>(examples, StringComparer.Ordinal);

        document.Tags = new HashSet<OpenApiTag>(
            (document.Tags ?? new HashSet<OpenApiTag>())
                .OrderBy(tag => Array.FindIndex(Tags, known => known.Name == tag.Name)));
        foreach (var tag in document.Tags)
            tag.Description = Array.Find(Tags, known => known.Name == tag.Name).Description;

        foreach (var type in DocumentedSchemas.PatchedBy(context))
            document.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, null, cancellationToken));
        DocumentedSchemas.Complete(document);
    }

    private static Task DescribeOperation(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RouteRequest>().SingleOrDefault()
            is not { } route)
            return Task.CompletedTask;

        var document = context.Document!;
        operation.Description = Describe(route);
        operation.Security = route.IsPublic
            ? []
            : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
        DescribeParameters(operation, route);
        DescribeBody(operation, route);
        DescribeAnswer(operation, route);
        DocumentedProblems.AddTo(operation, route, document);
        if (route.IsLimited) DocumentedLimits.AddTo(operation, route, document);
        return Task.CompletedTask;
    }

    private static string Describe(RouteRequest route)
    {
        var policy = route.Policy;
        var parts = new List<string>
        {
            policy.Permission.Length > 0 ? $"Permission: `{policy.Permission}`."
            : route.IsPublic ? "Open to everybody."
            : route.IsPlatform ? "For operators of the platform."
            : "For everybody who has signed in.",
        };
        if (policy.Feature != default) parts.Add($"Feature: `{Wire.Text(policy.Feature)}`.");
        if (policy.Quota != default) parts.Add($"Counts against the quota `{Wire.Text(policy.Quota)}`.");
        if (policy.OwnQuota != default)
            parts.Add($"Counts against the quota `{Wire.Text(policy.OwnQuota)}`, with the size of what is sent.");
        if (route.IsPlatform) parts.Add("Answers on the platform host only.");
        return string.Join(' ', parts);
    }

    private static void DescribeParameters(OpenApiOperation operation, RouteRequest route)
    {
        // Parameters that are members of a record come with the record's spelling; ours is camelCase.
        var names = (operation.Parameters ?? []).Select(parameter => (parameter.In is ParameterLocation.Query
            ? JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!)
            : parameter.Name!, Given: parameter)).ToList();
        foreach (var (name, given) in names)
            if (given is OpenApiParameter parameter) parameter.Name = name;
        operation.Parameters = [.. names.Select(pair => Known(pair.Item1, route.IsConditional) ?? pair.Given)];
        if (!route.IsCommand && HasTag(route)) operation.Parameters.Add(Known("If-None-Match")!);
        if (route.Policy.TakesKey) operation.Parameters.Add(Key(route.Policy.KeyRequired));
        if (operation.Parameters.Count == 0) operation.Parameters = null;
    }

    /// <summary>The conventions: what has one of these names means the same everywhere.</summary>
    private static OpenApiParameter? Known(string name, bool isConditional = true) => name switch
    {
        "limit" => Parameter(
            name,
            ParameterLocation.Query,
            $"Items on a page; {Paging.DefaultLimit} when absent.",
            new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = "int32",
                Minimum = "1",
                Maximum = Paging.MaxLimit.ToString(CultureInfo.InvariantCulture),
                Default = Paging.DefaultLimit,
            }),
        "cursor" => Parameter(name, ParameterLocation.Query, "The nextCursor of the page before.", Text()),
        "updatedSince" => Parameter(
            name,
            ParameterLocation.Query,
            "Only what has changed since, oldest change first. "
                + "Ask again from a little earlier than the newest change seen.",
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" }),
        "If-Match" => Parameter(
            name,
            ParameterLocation.Header,
            "The ETag that you read, with its quotes.",
            Text(),
            example: "\"1\"",
            required: isConditional),
        "If-None-Match" => Parameter(
            name,
            ParameterLocation.Header,
            "The ETag that you have, with its quotes: 304 if it is still the newest.",
            Text()),
        _ => null,
    };

    private static OpenApiParameter Key(bool required) => Parameter(
        "Idempotency-Key",
        ParameterLocation.Header,
        "The same key and body within 24 hours get the same answer, and nothing happens twice.",
        new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
        required: required);

    private static OpenApiParameter Parameter(
        string name,
        ParameterLocation place,
        string description,
        OpenApiSchema schema,
        string? example = null,
        bool required = false) =>
        new()
        {
            Name = name,
            In = place,
            Description = description,
            Schema = schema,
            Example = example,
            Required = required
        };

    private static void DescribeBody(OpenApiOperation operation, RouteRequest route)
    {
        if (operation.RequestBody?.Content is not { } content) return;

        if (content.TryGetValue(Files.MultipartFile.MediaType, out var form)) form.Schema = FileForm();
        if (Examples.TryGetValue(route.Request.Name, out var json))
            foreach (var media in content.Values) media.Example = JsonNode.Parse(json);
        // The right name of a patch first; plain JSON is taken too, for clients that can send nothing else.
        if (route.Request.GetProperties().Any(member => DocumentedSchemas.IsMergePatch(member.PropertyType))
            && content.Remove("application/json", out var patch))
            (content[MergePatchJson], content["application/json"]) = (patch, patch);
    }

    private static void DescribeAnswer(OpenApiOperation operation, RouteRequest route)
    {
        var status = route.Success.ToString(CultureInfo.InvariantCulture);
        if (operation.Responses?[status] is not OpenApiResponse answer) return;

        answer.Headers = new Dictionary<string, IOpenApiHeader>();
        if (IsVersioned(route))
            answer.Headers["ETag"] = Header("The version, in quotes: for If-Match and If-None-Match.");
        if (IsContent(route)) DescribeContent(operation, answer);
        if (route.Success == StatusCodes.Status201Created)
            answer.Headers["Location"] = Header("The path of what was created.");
        if (route.Success == StatusCodes.Status202Accepted)
            answer.Headers["Location"] = Header("The path that shows how far it is.");
        if (route.Policy.TakesKey)
            answer.Headers["Idempotency-Replayed"] = Header("true if an earlier request has done this.");
        if (!route.IsCommand && HasTag(route))
            operation.Responses["304"] = new OpenApiResponse { Description = "Not Modified" };
    }

    /// <summary>The bytes themselves, by the media type that they have; a part of them for who asks for a range.</summary>
    private static void DescribeContent(OpenApiOperation operation, OpenApiResponse answer)
    {
        answer.Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/octet-stream"] = new() { Schema = Bytes() },
        };
        answer.Headers!["ETag"] = Header("The SHA-256 of the content, in quotes: for If-None-Match and If-Range.");
        answer.Headers["Content-Disposition"] = Header("To be saved under its name; a cover is inline.");
        operation.Responses!["206"] = new OpenApiResponse { Description = "Partial Content", Content = answer.Content };
    }

    private static OpenApiSchema FileForm() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema> { [Files.MultipartFile.Part] = Bytes() },
        Required = new HashSet<string> { Files.MultipartFile.Part },
        AdditionalPropertiesAllowed = false,
    };

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static bool HasTag(RouteRequest route) => IsVersioned(route) || IsContent(route);

    private static bool IsContent(RouteRequest route) => route.Answer == typeof(FileContent);

    private static bool IsVersioned(RouteRequest route) => route.Answer.IsAssignableTo(typeof(IVersioned));

    public static OpenApiHeader Header(string description, OpenApiSchema? schema = null) =>
        new() { Description = description, Schema = schema ?? Text() };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private const string Introduction =
        """
        Event management for many organizations. The host names the organization: each has its own, and this page calls
        the host that it came from.

        To try it: `POST /v1/auth/login` below, *Try it out*, *Execute*; copy the `accessToken` of the answer into
        *Authorize*.

        Errors are problem documents (RFC 9457): branch on `code`. Members and codes may be added to answers; unknown
        members of a request are refused. Ids are UUIDs, instants RFC 3339 in UTC, amounts in the currency's minor unit.
        """;

    /// <summary>
    /// In the order of the page. A group that is missing here has no description, and the lint says so.
    /// </summary>
    private static readonly (string Name, string Description)[] Tags =
    [
        ("Sign-up", "How an organization comes to be. Answers on the platform host only."),
        ("Auth", "Sign in, stay signed in, sign out."),
        ("API keys", "How programs sign in: with some of their maker's permissions."),
        ("Events", "What an organization invites to: drafted, published, cancelled, archived."),
        ("Categories", "What an organization sorts its events by."),
        ("Event templates", "What new events are made from: all that an event has but its dates."),
        ("Email templates", "The words of the mails that an organization sends: its own, or ours."),
        ("Programs", "The parts of an event: talks, workshops, dinners."),
        ("Registrations", "Who has a place at an event."),
        ("Files", "What an organization keeps: uploaded, shown as covers of events, downloaded."),
        ("Exports", "Everything that belongs to an organization, as one archive."),
        ("Operations", "Long work, and how far it is."),
        ("Members", "Who belongs to an organization: invited, suspended, removed, restored."),
        ("Roles", "What members may do: built-in and custom roles, and the permissions they are made of."),
        ("Tenant", "The organization itself: its name and place, its state, its end."),
        ("Plan", "What an organization may: its limits and what it uses of them, its features, other plans."),
        ("Audit", "What was done, by whom, and whether the log of it is whole."),
        ("Platform", "What stands above all organizations. Answers on the platform host only."),
    ];

    /// <summary>
    /// One body for each request that has one: sign-in fits the demo data, the rest the event of CreateEvent's.
    /// </summary>
    private static readonly Dictionary<string, string> Examples = new()
    {
        ["StartSignUp"] = """{"slug":"seoul-meetups","name":"Seoul Meetups","adminName":"Kim Minji","adminEmail":"minji@example.test","adminPassword":"a whole new sentence","plan":"starter"}""",
        ["ActivateTenant"] = """{"token":"AZejrPoAcAGADwAAAAAAAN6tvu8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""",
        ["RetryProvisioning"] = """{"reason":"Ticket 4713: the database was down"}""",
        ["SignIn"] = """{"email":"owner@acme.test","password":"correct-horse-demo"}""",
        ["ChangePassword"] = """{"oldPassword":"correct-horse-demo","newPassword":"a whole new sentence"}""",
        ["ForgotPassword"] = """{"email":"viewer@acme.test"}""",
        ["ResetPassword"] = """{"token":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","newPassword":"a whole new sentence"}""",
        ["StepUp"] = """{"password":"correct-horse-demo"}""",
        ["ConfirmTotp"] = """{"code":"492039"}""",
        ["DisableTotp"] = """{"password":"correct-horse-demo"}""",
        ["RefreshSession"] = """{"refreshToken":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""",
        ["SignInOperator"] = """{"email":"operator@platform.test","password":"correct-horse-demo"}""",
        ["RefreshOperatorSession"] = """{"refreshToken":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""",
        ["Impersonate"] = """{"userId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f","reason":"Ticket 4711: the order list stays empty","minutes":30}""",
        ["SuspendTenant"] = """{"reason":"Ticket 4713: sends spam"}""",
        ["ReinstateTenant"] = """{"reason":"Ticket 4713: it was somebody else"}""",
        ["ExtendTrial"] = """{"days":14,"reason":"Ticket 4714: their first event is next week"}""",
        ["RestoreTenant"] = """{"reason":"Ticket 4715: deleted by mistake"}""",
        ["DeleteTenant"] = """{"reason":"Ticket 4716: asked for by letter","disposition":"honour"}""",
        ["ChangeTenantTerms"] = """{"plan":"pro","reason":"Ticket 4717: they pay by invoice"}""",
        ["ChangeTenant"] = """{"name":"Acme Conferences","timeZone":"Asia/Seoul","branding":{"primaryColor":"#1a73e8"}}""",
        ["DeleteOwnTenant"] = """{"confirm":"acme","disposition":"honour"}""",
        ["PreviewPlanChange"] = """{"plan":"starter"}""",
        ["ReplacePlan"] = """{"prices":[{"interval":"month","amount":29000,"currency":"KRW"}],"limits":{"events":5,"participants":500,"storageBytes":5368709120,"members":10,"requestsPerMinute":300,"concurrentRequests":8},"features":["emailTemplates","analytics"],"auditRetentionDays":90}""",
        ["SetOverride"] = """{"enabled":true,"expiresAt":"2027-12-31T00:00:00Z","reason":"Ticket 4712: tries their own domain before they move to pro"}""",
        ["PurgeTenant"] = """{"reason":"Ticket 4713: erasure on request","confirm":"acme","early":true}""",
        ["RetryOutboxMessage"] = """{"reason":"Ticket 4713: the mail server takes this address again"}""",
        ["CreateApiKey"] = """{"name":"Check-in kiosk","permissions":["events:read","registrations:read"],"expiresAt":"2027-12-31T00:00:00Z"}""",
        ["CreateEvent"] = """{"title":"Spring Meetup","startsAt":"2027-04-01T09:00:00Z","endsAt":"2027-04-01T17:00:00Z","timeZone":"Asia/Seoul","capacity":120,"attendanceMode":"in_person","venue":{"name":"COEX","address":"513 Yeongdong-daero, Seoul"}}""",
        ["ChangeEvent"] = """{"title":"Spring Meetup 2027","capacity":null}""",
        ["CreateCategory"] = """{"name":"Workshops"}""",
        ["ChangeCategory"] = """{"name":"Workshops and labs"}""",
        ["CreateEventTemplate"] = """{"name":"Monthly meetup","title":"Meetup","durationMinutes":180,"capacity":60,"attendanceMode":"in_person","venue":{"name":"COEX","address":"513 Yeongdong-daero, Seoul"},"visibility":"public"}""",
        ["ChangeEventTemplate"] = """{"durationMinutes":120,"capacity":null}""",
        ["ReplaceEmailTemplate"] = """{"subject":"{{ inviter }} would like you to join {{ tenant }}","body":"Hello,\n\nchoose a password here:\n\n{{ link }}\n\nThe link works for {{ days }} days."}""",
        ["PreviewEmailTemplate"] = """{"subject":"Welcome to {{ tenant }}"}""",
        ["AddProgram"] = """{"title":"Opening keynote","startsAt":"2027-04-01T09:00:00Z","endsAt":"2027-04-01T10:00:00Z","room":"Hall 1"}""",
        ["ChangeProgram"] = """{"room":"Hall 2"}""",
        ["ChangeMember"] = """{"name":"Park Jisoo","roles":["organizer"]}""",
        ["InviteMember"] = """{"email":"jisoo@example.test","roles":["staff"]}""",
        ["AcceptInvitation"] = """{"token":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","name":"Park Jisoo","password":"correct-horse-demo"}""",
        ["CreateRole"] = """{"name":"door","permissions":["check-in:write","events:read"]}""",
        ["ChangeRole"] = """{"permissions":["check-in:write","events:read","registrations:read"]}""",
        ["EnterRegistration"] = """{"name":"Kim Minji","email":"minji@example.test"}""",
    };
}

/// <summary>What the schemas of our types need beyond what the serializer tells of them.</summary>
internal static class DocumentedSchemas
{
    private const string PatchPrefix = "MergePatchOf";

    public static bool IsMergePatch(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(MergePatch<>);

    /// <summary>Behind a converter of ours (Wire) the serializer cannot see: here is what they write.</summary>
    public static Task DescribeAsync(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        var isNullable = inner != type || (!type.IsValueType && context.JsonPropertyInfo is { IsGetNullable: true });
        if (inner == typeof(string) || inner == typeof(DateTimeOffset) || inner.IsEnum || IsId(inner))
            schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        // One schema for all places: where there may be none, the place says so.
        if (IsId(inner))
            (schema.Type, schema.Format, schema.Description) =
                (JsonSchemaType.String, "uuid", "A UUIDv7 (RFC 9562), made by the server.");
        // Every plan has the feature "none": it is never sent.
        if (inner.IsEnum)
            schema.Enum = [.. Wire.WordsOf(inner)
                .Where(word => inner != typeof(Feature) || word != Wire.Text(Feature.None))
                .Select(word => (JsonNode)JsonValue.Create(word)!)];
        // A command's summary is what it does, and stands at its operation; its body is nothing but its members.
        if (type.IsAssignableTo(typeof(IGuarded))) schema.Description = null;
        if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element }
            && element == typeof(string))
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
        return Task.CompletedTask;
    }

    /// <summary>What patches are of: the framework does not see it where nothing else takes it.</summary>
    public static IEnumerable<Type> PatchedBy(OpenApiDocumentTransformerContext context) => (
        from description in context.DescriptionGroups.SelectMany(part => part.Items)
        from route in description.ActionDescriptor.EndpointMetadata.OfType<RouteRequest>()
        from member in route.Request.GetProperties()
        where IsMergePatch(member.PropertyType)
        select member.PropertyType.GetGenericArguments()[0]).Distinct();

    /// <summary>What can be said only when all schemas are there.</summary>
    public static void Complete(OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var patch in schemas.Keys
            .Where(name => name.StartsWith(PatchPrefix, StringComparison.Ordinal)).ToList())
            AddPatch(patch[PatchPrefix.Length..], document);

        // A set of words is met first where it may be absent, or first where it may not: null is the member's affair.
        foreach (var words in schemas.Values.OfType<OpenApiSchema>().Where(schema => schema.Enum is { Count: > 0 }))
            words.Type &= ~JsonSchemaType.Null;

        // What we answer may grow, so a client must not refuse members that it does not know;
        // what we take, we do check.
        var answered = new HashSet<string>(StringComparer.Ordinal);
        var responses = document.Paths.Values
            .SelectMany(path => path.Operations!.Values).SelectMany(o => o.Responses!.Values);
        foreach (var media in responses.SelectMany(response => response.Content?.Values ?? []))
            Collect(media.Schema, document, answered);
        foreach (var name in answered)
            if (schemas[name] is OpenApiSchema open) open.AdditionalPropertiesAllowed = true;

        // A type that is only ever patched stands there by its patch.
        var used = new HashSet<string>(answered, StringComparer.Ordinal);
        var requests = document.Paths.Values
            .SelectMany(path => path.Operations!.Values).Select(o => o.RequestBody).OfType<IOpenApiRequestBody>();
        foreach (var media in requests.SelectMany(request => request.Content?.Values ?? []))
            Collect(media.Schema, document, used);
        foreach (var name in schemas.Keys.Except(used).ToList()) schemas.Remove(name);

        schemas["Problem"] = DocumentedProblems.Schema();
    }

    private static bool IsId(Type type) =>
        type.IsValueType
        && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>));

    private static void Collect(IOpenApiSchema? schema, OpenApiDocument document, HashSet<string> names)
    {
        if (schema is null) return;
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (document.Components!.Schemas!.TryGetValue(id, out var target) && names.Add(id))
                Collect(target, document, names);
            return;
        }

        foreach (var part in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []))
            Collect(part, document, names);
        Collect(schema.Items, document, names);
        Collect(schema.AdditionalProperties, document, names);
    }

    /// <summary>
    /// The members of the patched type, none of them required; objects within are patched in their turn.
    /// </summary>
    private static OpenApiSchemaReference AddPatch(string of, OpenApiDocument document)
    {
        var (schemas, name) = (document.Components!.Schemas!, PatchPrefix + of);
        schemas[name] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = $"A JSON Merge Patch (RFC 7396) of {of}: absent members stay, null clears.",
            Properties = schemas[of].Properties!.ToDictionary(
                member => member.Key, member => PatchMember(member.Value, document), StringComparer.Ordinal),
            AdditionalPropertiesAllowed = false,
        };
        return new OpenApiSchemaReference(name, document);
    }

    private static IOpenApiSchema PatchMember(IOpenApiSchema member, OpenApiDocument document)
    {
        if (member is OpenApiSchemaReference { Reference.Id: { } id })
            return document.Components!.Schemas![id].Properties is { Count: > 0 } ? AddPatch(id, document) : member;
        if (member.CreateShallowCopy() is not OpenApiSchema copy) return member;

        if (copy.OneOf is { Count: > 0 } choices) copy.OneOf = [.. choices.Select(part => PatchMember(part, document))];
        // In a map, null takes an entry away.
        if (copy.AdditionalProperties is { } entry)
            copy.AdditionalProperties = new OpenApiSchema
            {
                OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, PatchMember(entry, document)],
            };
        return copy;
    }
}

/// <summary>Which refusals a route may answer with, as far as its request tells, and what each looks like.</summary>
internal static class DocumentedProblems
{
    public static void AddTo(OpenApiOperation operation, RouteRequest route, OpenApiDocument document)
    {
        var (policy, hasBody) = (route.Policy, operation.RequestBody is not null);
        var isForm = operation.RequestBody?.Content?.ContainsKey(Files.MultipartFile.MediaType) is true;
        if (hasBody || policy.TakesKey || operation.Parameters?.Any(p => p.In is ParameterLocation.Query) is true)
            Add(400,
            [
                "validation_failed",
                .. isForm ? ["malformed_multipart"] : hasBody ? ["malformed_json"] : Array.Empty<string>(),
                .. route.Request.Name is "ResetPassword" or "ActivateTenant" ? ["invalid_token"] : Array.Empty<string>(),
            ]);
        if (!route.IsPublic || route.Request.Name is "SignIn" or "RefreshSession" or "SignInOperator" or "RefreshOperatorSession") Add(401,
            [
                "unauthenticated",
                .. route.Request.Name is "SignIn" or "SignInOperator" ? ["totp_required"] : Array.Empty<string>(),
            ]);
        if (route.Request.Name is "SignInOperator") Add(403, ["totp_enrollment_required"]);
        if (!route.IsPlatform)
            Add(403,
            [
                .. policy.Permission.Length > 0 ? ["permission_denied"] : Array.Empty<string>(),
                .. policy.Feature != default ? ["feature_not_in_plan"] : Array.Empty<string>(),
                .. policy.PersonOnly || policy.StepUp ? ["person_required"] : Array.Empty<string>(),
                .. policy.StepUp ? ["step_up_required"] : Array.Empty<string>(),
                .. Checked.Contains(route.Request.Name) ? ["wrong_credentials"] : Array.Empty<string>(),
                "tenant_suspended", "tenant_deleted",
            ]);
        Add(404, ["not_found", "tenant_not_found"]);
        // Which conflicts there are beyond these is the slice's affair; signing in and out has none.
        if (route.IsCommand && policy.Permission.Length > 0)
            Add(409,
            [
                "invalid_transition",
                .. policy.Quota != default || policy.OwnQuota != default ? ["quota_exceeded"] : Array.Empty<string>(),
                .. policy.TakesKey ? ["idempotency_in_flight"] : Array.Empty<string>(),
            ]);
        if (route.Request.Name is "StartSignUp") Add(409, ["slug_taken"]);
        if (route.Request.Name is "RetryProvisioning") Add(409, ["invalid_transition", "slug_taken", "sign_up_forgotten"]);
        var takesCondition = operation.Parameters?.Any(parameter => parameter.Name == "If-Match") is true;
        if (takesCondition) Add(412, ["precondition_failed"]);
        if (hasBody) Add(413, ["payload_too_large"]);
        if (hasBody) Add(415, ["unsupported_media_type"]);
        if (isForm) Add(408, ["upload_timed_out"]);
        if (isForm) Add(411, ["length_required"]);
        if (policy.TakesKey) Add(422, ["idempotency_key_reused"]);
        if (takesCondition) Add(428, ["precondition_required"]);
        if (route.IsLimited) Add(429, ["rate_limited"]);
        if (!route.IsPlatform || route.Request.Name is "ActivateTenant") Add(503, ["tenant_provisioning"]);

        void Add(int status, string[] codes) => operation.Responses![status.ToString(CultureInfo.InvariantCulture)] =
            Response(status, codes, document);
    }

    private static OpenApiResponse Response(int status, string[] codes, OpenApiDocument document)
    {
        var examples = (document.Components ??= new OpenApiComponents()).Examples ??=
            new Dictionary<string, IOpenApiExample>();
        foreach (var code in codes) examples.TryAdd(code, new OpenApiExample { Value = Example(status, code) });

        var response = new OpenApiResponse
        {
            Description = Either([.. codes, .. status == 409 ? ["another named conflict"] : Array.Empty<string>()]),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new()
                {
                    Schema = new OpenApiSchemaReference("Problem", document),
                    Examples = codes.ToDictionary(
                        code => code,
                        code => (IOpenApiExample)new OpenApiExampleReference(code, document),
                        StringComparer.Ordinal),
                },
            },
        };
        if (status == 401)
            response.Headers = Headers("WWW-Authenticate", Documentation.Header("Bearer (RFC 6750)."));
        if (status is 429 or 503 || codes.Contains("idempotency_in_flight", StringComparer.Ordinal))
            response.Headers = Headers("Retry-After", Documentation.Header(
                "Seconds to wait before asking again.",
                new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "0" }));
        return response;
    }

    private static string Either(string[] words) =>
        words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";

    private static Dictionary<string, IOpenApiHeader> Headers(string name, OpenApiHeader header) =>
        new() { [name] = header };

    private static JsonObject Example(int status, string code)
    {
        var (title, detail) = InEnglish(code);
        var problem = new JsonObject
        {
            ["type"] = $"urn:cleantenancy:problem:{code}",
            ["title"] = title,
            ["status"] = status,
            ["detail"] = detail,
            ["instance"] = "/v1/events",
            ["code"] = code,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (Extensions.TryGetValue(code, out var more))
            foreach (var (name, value) in JsonNode.Parse(more)!.AsObject()) problem[name] = value?.DeepClone();
        return problem;
    }

    /// <summary>The document is the same for everybody, whatever their Accept-Language says.</summary>
    private static (string Title, string Detail) InEnglish(string code)
    {
        var asked = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        try
        {
            return ProblemTexts.Of(code);
        }
        finally
        {
            CultureInfo.CurrentUICulture = asked;
        }
    }

    /// <summary>Ask somebody who has signed in for a password or a code.</summary>
    private static readonly string[] Checked = ["ChangePassword", "StepUp", "ConfirmTotp", "DisableTotp"];

    public static OpenApiSchema Schema()
    {
        static OpenApiSchema Text(string description) =>
            new() { Type = JsonSchemaType.String, Description = description };
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
                    Description = "With validation_failed: what does not fit, and where.",
                    Items = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["pointer"] = Text(
                                "JSON Pointer (RFC 6901) into the body, "
                                + "or ? and a query parameter's name, or a header's name."),
                            ["code"] = Text("Stable, machine readable."),
                            ["message"] = Text("For people."),
                        },
                        Required = new HashSet<string> { "pointer", "code", "message" },
                    },
                },
            },
            Required = new HashSet<string> { "type", "title", "status", "detail", "instance", "code", "traceId" },
            // Said aloud, for generators that would leave the other members out.
            AdditionalProperties = new OpenApiSchema(),
        };
    }

    /// <summary>The members that some problems have beside the common ones.</summary>
    private static readonly Dictionary<string, string> Extensions = new()
    {
        ["validation_failed"] = """{"errors":[{"pointer":"/title","code":"not_empty","message":"'title' must not be empty."}]}""",
        ["permission_denied"] = """{"permission":"events:write"}""",
        ["feature_not_in_plan"] = """{"feature":"customDomain","plan":"free","requiredPlan":"pro"}""",
        ["tenant_suspended"] = """{"since":"2027-03-01T00:00:00Z","reason":"billing"}""",
        ["tenant_deleted"] = """{"since":"2027-03-01T00:00:00Z","reason":"deleted"}""",
        ["step_up_required"] = """{"maxAge":600}""",
        ["rate_limited"] = """{"policy":"plan","limit":60,"window":60}""",
        ["quota_exceeded"] = """{"resource":"events","limit":5,"used":5}""",
        ["invalid_transition"] = """{"from":"archived","trigger":"publish"}""",
    };
}
