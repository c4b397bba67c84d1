using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>A valid request of each command of a tenant's people.</summary>
/// <param name="Command">The request that the route sends.</param>
/// <param name="Method">GET to DELETE.</param>
/// <param name="Path">Its {name} is one of a <see cref="Stage"/>.</param>
/// <param name="Permission">Written down again, so that changing it in the code is seen.</param>
/// <param name="Deed">What the audit log remembers.</param>
/// <param name="Success">The status when it works.</param>
/// <param name="Body">Fits.</param>
/// <param name="IsConditional">Needs If-Match.</param>
/// <param name="Form">In place of a body, where that is no JSON.</param>
/// <param name="NeedsKey">Needs an Idempotency-Key: a new one each time, unless the test sends one.</param>
/// <param name="WorksSuspended">Owners may do it while the tenant is suspended over billing.</param>
internal sealed record CommandRoute(
    string Command, HttpMethod Method, string Path, string Permission, string Deed, HttpStatusCode Success,
    object? Body = null, bool IsConditional = false, Func<HttpContent>? Form = null,
    bool NeedsKey = false, bool WorksSuspended = false)
{
    public static readonly IReadOnlyList<CommandRoute> All =
    [
        new("CreateEvent", HttpMethod.Post, "/v1/events",
            Permissions.EventsWrite, "event.created", HttpStatusCode.Created, Sample.Event()),
        new("ChangeEvent", HttpMethod.Patch, "/v1/events/{draft}",
            Permissions.EventsWrite, "event.changed", HttpStatusCode.OK, new { title = "Changed" }, IsConditional: true),
        new("DeleteEvent", HttpMethod.Delete, "/v1/events/{draft}",
            Permissions.EventsWrite, "event.deleted", HttpStatusCode.NoContent, IsConditional: true),
        new("PublishEvent", HttpMethod.Post, "/v1/events/{draft}/publish",
            Permissions.EventsWrite, "event.published", HttpStatusCode.OK),
        new("CancelEvent", HttpMethod.Post, "/v1/events/{live}/cancel",
            Permissions.EventsWrite, "event.cancelled", HttpStatusCode.OK),
        new("ArchiveEvent", HttpMethod.Post, "/v1/events/{live}/archive",
            Permissions.EventsWrite, "event.archived", HttpStatusCode.OK),
        new("CreateCategory", HttpMethod.Post, "/v1/categories",
            Permissions.EventsWrite, "category.created", HttpStatusCode.Created, new { name = "Concerts" }),
        new("ChangeCategory", HttpMethod.Patch, "/v1/categories/{category}",
            Permissions.EventsWrite, "category.changed", HttpStatusCode.OK, new { }, IsConditional: true),
        new("DeleteCategory", HttpMethod.Delete, "/v1/categories/{category}",
            Permissions.EventsWrite, "category.deleted", HttpStatusCode.NoContent, IsConditional: true),
        new("CreateEventTemplate", HttpMethod.Post, "/v1/event-templates",
            Permissions.EventsWrite, "event_template.created", HttpStatusCode.Created, Sample.EventTemplate("Concert")),
        new("ChangeEventTemplate", HttpMethod.Patch, "/v1/event-templates/{eventTemplate}",
            Permissions.EventsWrite, "event_template.changed", HttpStatusCode.OK, new { title = "Changed" }, IsConditional: true),
        new("DeleteEventTemplate", HttpMethod.Delete, "/v1/event-templates/{eventTemplate}",
            Permissions.EventsWrite, "event_template.deleted", HttpStatusCode.NoContent, IsConditional: true),
        new("ReplaceEmailTemplate", HttpMethod.Put, "/v1/email-templates/invitation?locale=ko",
            Permissions.TemplatesWrite, "email_template.replaced", HttpStatusCode.OK, Sample.EmailTemplate()),
        new("DeleteEmailTemplate", HttpMethod.Delete, "/v1/email-templates/invitation?locale=en",
            Permissions.TemplatesWrite, "email_template.deleted", HttpStatusCode.NoContent, IsConditional: true),
        new("AddProgram", HttpMethod.Post, "/v1/events/{draft}/programs",
            Permissions.EventsWrite, "program.added", HttpStatusCode.Created, Sample.Program("Closing words")),
        new("ChangeProgram", HttpMethod.Patch, "/v1/programs/{program}",
            Permissions.EventsWrite, "program.changed", HttpStatusCode.OK, new { room = "Hall 2" }, IsConditional: true),
        new("RemoveProgram", HttpMethod.Delete, "/v1/programs/{program}",
            Permissions.EventsWrite, "program.removed", HttpStatusCode.NoContent, IsConditional: true),
        new("EnterRegistration", HttpMethod.Post, "/v1/events/{live}/registrations",
            Permissions.RegistrationsWrite, "registration.entered", HttpStatusCode.Created, Sample.Attendee("Lee Jun")),
        new("CancelRegistration", HttpMethod.Post, "/v1/registrations/{registration}/cancel",
            Permissions.RegistrationsWrite, "registration.cancelled", HttpStatusCode.OK, WorksSuspended: true),
        new("UploadFile", HttpMethod.Post, "/v1/files",
            Permissions.FilesWrite, "file.uploaded", HttpStatusCode.Created, Form: () => TestFiles.Form("Plan B"u8.ToArray())),
        new("DeleteFile", HttpMethod.Delete, "/v1/files/{file}",
            Permissions.FilesWrite, "file.deleted", HttpStatusCode.NoContent),
        new("StartExport", HttpMethod.Post, "/v1/exports",
            Permissions.DataExport, "data.exported", HttpStatusCode.Accepted, NeedsKey: true, WorksSuspended: true),
        new("StartImport", HttpMethod.Post, "/v1/imports",
            Permissions.DataImport, "import.started", HttpStatusCode.Accepted, Form: () => TestFiles.Form(new ForgedArchive().Build()),
            NeedsKey: true),
        new("CreateApiKey", HttpMethod.Post, "/v1/api-keys",
            Permissions.ApiKeysWrite, "api_key.created", HttpStatusCode.Created, Sample.ApiKey()),
        new("RevokeApiKey", HttpMethod.Delete, "/v1/api-keys/{apiKey}",
            Permissions.ApiKeysWrite, "api_key.revoked", HttpStatusCode.NoContent),
        new("ChangeMember", HttpMethod.Patch, "/v1/members/{member}",
            Permissions.MembersWrite, "member.changed", HttpStatusCode.OK, new { name = "Changed" }, IsConditional: true),
        new("RemoveMember", HttpMethod.Delete, "/v1/members/{member}",
            Permissions.MembersWrite, "member.removed", HttpStatusCode.NoContent, IsConditional: true),
        new("RestoreMember", HttpMethod.Post, "/v1/members/{removed}/restore",
            Permissions.MembersWrite, "member.restored", HttpStatusCode.OK),
        new("EndMemberSessions", HttpMethod.Delete, "/v1/members/{member}/sessions",
            Permissions.MembersWrite, "member.sessions_ended", HttpStatusCode.NoContent),
        new("EndAllSessions", HttpMethod.Delete, "/v1/sessions",
            Permissions.MembersWrite, "tenant.sessions_ended", HttpStatusCode.NoContent),
        new("InviteMember", HttpMethod.Post, "/v1/invitations",
            Permissions.MembersWrite, "invitation.issued", HttpStatusCode.Created, Sample.Invitation()),
        new("ResendInvitation", HttpMethod.Post, "/v1/invitations/{invitation}/resend",
            Permissions.MembersWrite, "invitation.reissued", HttpStatusCode.OK),
        new("RevokeInvitation", HttpMethod.Delete, "/v1/invitations/{invitation}",
            Permissions.MembersWrite, "invitation.revoked", HttpStatusCode.NoContent),
        new("CreateRole", HttpMethod.Post, "/v1/roles",
            Permissions.RolesWrite, "role.created", HttpStatusCode.Created, Sample.Role()),
        new("ChangeRole", HttpMethod.Patch, "/v1/roles/{role}",
            Permissions.RolesWrite, "role.changed", HttpStatusCode.OK, new { permissions = new[] { "events:read" } },
            IsConditional: true),
        new("DeleteRole", HttpMethod.Delete, "/v1/roles/{role}",
            Permissions.RolesWrite, "role.deleted", HttpStatusCode.NoContent, IsConditional: true),
    ];

    public static CommandRoute Of(string command) => All.Single(route => route.Command == command);

    public bool HasId => Path.Contains('{', StringComparison.Ordinal);

    /// <summary>Sends it for the rows of a stage.</summary>
    public Task<Answer> SendAsync(
        ApiClient client, Stage stage, string? ifMatch = "\"1\"", params (string Name, string Value)[] headers) =>
        SendAsync(client, stage.Fill(Path), ifMatch, headers);

    /// <summary>Sends it for an id that nobody has.</summary>
    public Task<Answer> SendForNobodyAsync(ApiClient client) => SendAsync(client, Stage.Empty.Fill(Path), "\"1\"", []);

    private Task<Answer> SendAsync(ApiClient client, string path, string? ifMatch, (string, string)[] headers)
    {
        var condition = IsConditional ? ifMatch : null;
        if (NeedsKey && headers.All(header => header.Item1 != "Idempotency-Key"))
            headers = [.. headers, ("Idempotency-Key", $"{Answers.RandomId()}")];
        return Method.Method switch
        {
            "POST" when Form is not null => client.SendAsync(Method, path, Form(), headers),
            "POST" => client.PostAsync(path, Body, headers),
            "PUT" => client.PutAsync(path, Body!, condition, headers),
            "PATCH" => client.PatchAsync(path, Body!, condition, headers),
            "DELETE" => client.DeleteAsync(path, condition, headers),
            _ => throw new InvalidOperationException($"{Method} is no command."),
        };
    }
}

/// <summary>One row of each kind in a tenant, for commands to act on; all at version 1, but for the live event.</summary>
internal sealed record Stage(
    Guid Draft, Guid Live, Guid Program, Guid Registration, Guid ApiKey, Guid File, Guid Category,
    Guid EventTemplate)
{
    /// <summary>Ids that nobody has.</summary>
    public static Stage Empty =>
        new(
            Answers.RandomId(), Answers.RandomId(), Answers.RandomId(), Answers.RandomId(), Answers.RandomId(),
            Answers.RandomId(), Answers.RandomId(), Answers.RandomId())
        {
            People = PeopleStage.Empty,
        };

    /// <summary>Ids that nobody has, unless <see cref="WithPeopleAsync"/> set it.</summary>
    public PeopleStage People { get; private init; } = PeopleStage.Empty;

    public static async Task<Stage> SetAsync(ApiClient organizer)
    {
        var (draft, live) = ((await organizer.DraftEventAsync()).Id, await organizer.LiveEventAsync());
        var program = await organizer.PostAsync($"/v1/events/{draft}/programs", Sample.Program());
        var registration = await organizer.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee());
        var key = await organizer.PostAsync("/v1/api-keys", Sample.ApiKey());
        var file = await organizer.UploadAsync("Plan A");
        var category = await organizer.PostAsync("/v1/categories", new { name = $"Category {Answers.RandomId()}" });
        var template = await organizer.PostAsync("/v1/event-templates", Sample.EventTemplate($"Template {Answers.RandomId()}"));
        // No more may they put mails into words of their own.
        await organizer.PutAsync("/v1/email-templates/invitation?locale=en", Sample.EmailTemplate(), "*");
        return new Stage(
            draft, live, program.ShouldBe(HttpStatusCode.Created).Id, registration.ShouldBe(HttpStatusCode.Created).Id,
            // An organizer may make none, and tests that start from one are not about keys.
            key.Status == HttpStatusCode.Created ? key.Id : Answers.RandomId(),
            file.ShouldBe(HttpStatusCode.Created).Id,
            category.ShouldBe(HttpStatusCode.Created).Id,
            template.ShouldBe(HttpStatusCode.Created).Id);
    }

    /// <summary>A stage with people, whom nobody but the owner may see.</summary>
    public static async Task<Stage> WithPeopleAsync(TestTenant tenant)
    {
        var owner = await tenant.OwnerAsync();
        return await SetAsync(owner) with { People = await PeopleStage.SetAsync(tenant, owner) };
    }

    public string Fill(string path) => People.Fill(path)
        .Replace("{draft}", $"{Draft}", StringComparison.Ordinal)
        .Replace("{live}", $"{Live}", StringComparison.Ordinal)
        .Replace("{program}", $"{Program}", StringComparison.Ordinal)
        .Replace("{registration}", $"{Registration}", StringComparison.Ordinal)
        .Replace("{apiKey}", $"{ApiKey}", StringComparison.Ordinal)
        .Replace("{category}", $"{Category}", StringComparison.Ordinal)
        .Replace("{eventTemplate}", $"{EventTemplate}", StringComparison.Ordinal)
        .Replace("{file}", $"{File}", StringComparison.Ordinal);
}
