using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>
/// No endpoint lets SQL through: what looks like it is refused by its shape, or stored and given back as it was
/// written; another tenant's rows stay as they are.
/// </summary>
public sealed class HttpInjectionTests(TestHost host) : IAsyncLifetime
{
    private static readonly string[] Places =
    [
        "login email", "login password", "refresh token", "event title", "event description", "event texts",
        "event patch", "program", "registration name", "registration email", "query", "path", "headers", "host",
    ];

    private TestTenant _tenant = null!;
    private TestTenant _other = null!;
    private Stage _stage = null!;
    private ApiClient _organizer = null!;

    public static TheoryData<string> AllPlaces => [.. Places];

    /// <summary>Classics, and those that would bind the other tenant if they were heard.</summary>
    private IReadOnlyList<string> Texts =>
    [
        "' or '1'='1", "' or 1=1 --", "') or ('1'='1", "admin'--", "\" or \"\"=\"", "'; drop table events; --",
        "\"; drop table events; --", "'; truncate events cascade; --", "' union select null --",
        "' union all select password_hash from users --", "1; select pg_sleep(5) --", "'||(select current_user)||'",
        "'||pg_sleep(5)||'", "\\'; select 1; --", "\\' or 1=1 --", "%27%20or%201=1", "$$; select 1; $$", "$1",
        "$1::text", "{0}", "@p0", "@ef_filter__OrgId", ":id", "?", "E'\\x27'", "/*", "*/ or 1=1 /*", "--", "%",
        "_", "%' or '%'='",
        "\u02bc or 1=1 --", "\uff07 or 1=1 --", "' order by 100 --", "'::regclass", "0x27 or 1=1",
        "chr(39)||chr(59)", "null",
        "'; copy (select 1) to program 'id'; --",
        $"'; select set_tenant_context('{_other.Id.Value}', null, null); --",
        $"'; set app.current_org_id = '{_other.Id.Value}'; --",
        $"' or set_config('app.current_org_id', '{_other.Id.Value}', true) is not null --",
        $"' or org_id = '{_other.Id.Value}' --",
        $"' or exists (select from events where org_id = '{_other.Id.Value}') --",
    ];

    public async ValueTask InitializeAsync()
    {
        _tenant = await host.NewTenantAsync();
        _other = await host.NewTenantAsync();
        _stage = await Stage.SetAsync(await _other.OrganizerAsync());
        _organizer = await _tenant.OrganizerAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(AllPlaces))]
    public async Task What_looks_like_SQL_is_text(string place)
    {
        using var block = Tally.Start("HTTP, injection");
        var before = await StateAsync(_other);

        await Parallel.ForEachAsync(
            Texts,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 4,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (text, _) => block.Count(place, await SendAsync(place, text)));

        block.Cases.ShouldBeGreaterThanOrEqualTo(30);
        (await StateAsync(_other)).ShouldBe(before);
        (await _organizer.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    /// <returns>How many requests were sent.</returns>
    private Task<int> SendAsync(string place, string text) => place switch
    {
        "login email" => SignInAsync(new { email = text, password = TestHost.Password }),
        "login password" => SignInAsync(new { email = _tenant.Email(BuiltInRoles.Viewer), password = text }),
        "refresh token" => RefreshAsync(text),
        "event title" => StoresAsync("/v1/events", Sample.Event(text), "title", text),
        "event description" => StoresAsync(
            "/v1/events", Sample.Event().With(Member("description", text)), "description", text),
        "event texts" => EventTextsAsync(text),
        "event patch" => PatchAsync(text),
        "program" => ProgramAsync(text),
        "registration name" => RegisterAsync(Sample.Attendee(name: text), "name", text),
        "registration email" => RegisterEmailAsync(text),
        "query" => QueryAsync(text),
        "path" => PathAsync(text),
        "headers" => HeadersAsync(text),
        "host" => HostAsync(text),
        _ => throw new InvalidOperationException(place),
    };

    private async Task<int> SignInAsync(object body)
    {
        (await _tenant.Anonymous.PostAsync("/v1/auth/login", body)).Status
            .ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        return 1;
    }

    private async Task<int> RefreshAsync(string text)
    {
        (await _tenant.Anonymous.PostAsync("/v1/auth/refresh", new { refreshToken = text })).Status
            .ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        return 1;
    }

    /// <summary>It is made with this text and nothing else, and read again as it was written.</summary>
    private async Task<int> StoresAsync(string path, object body, string member, string text)
    {
        var created = (await _organizer.PostAsync(path, body)).ShouldBe(HttpStatusCode.Created);
        created.Get<string>(member).ShouldBe(text);
        var again = await _organizer.GetAsync(created.Headers.Location!.ToString());
        again.ShouldBe(HttpStatusCode.OK).Get<string>(member).ShouldBe(text);
        return 2;
    }

    private async Task<int> EventTextsAsync(string text)
    {
        await StoresAsync("/v1/events", Sample.Event().With(Venue(text, text)), "title", "Spring Meetup");
        var withVenue = await _organizer.PostAsync("/v1/events", Sample.Event().With(Venue(text, text)));
        (withVenue.ShouldBe(HttpStatusCode.Created).Body!["venue"]!["name"]!.GetValue<string>(),
            withVenue.Body!["venue"]!["address"]!.GetValue<string>()).ShouldBe((text, text));
        var translated = new JsonObject
        {
            ["translations"] = new JsonObject { ["ko"] = new JsonObject { ["title"] = text } },
        };
        var withTranslation = await _organizer.PostAsync("/v1/events", Sample.Event().With(translated.ToJsonString()));
        withTranslation.ShouldBe(HttpStatusCode.Created)
            .Body!["translations"]!["ko"]!["title"]!.GetValue<string>().ShouldBe(text);

        // These have a shape.
        string[] shaped = ["timeZone", "contactEmail", "onlineUrl", "attendanceMode", "visibility", "startsAt"];
        foreach (var member in shaped)
        {
            var refused = await _organizer.PostAsync("/v1/events", Sample.Event().With(Member(member, text)));
            refused.ShouldBe(HttpStatusCode.BadRequest);
        }

        var tag = new JsonObject { ["translations"] = new JsonObject { [text] = new JsonObject { ["title"] = "x" } } };
        (await _organizer.PostAsync("/v1/events", Sample.Event().With(tag.ToJsonString())))
            .ShouldBe(HttpStatusCode.BadRequest);
        return 12;

        static string Venue(string name, string address) =>
            new JsonObject { ["venue"] = new JsonObject { ["name"] = name, ["address"] = address } }.ToJsonString();
    }

    private async Task<int> PatchAsync(string text)
    {
        var bystander = await _organizer.DraftEventAsync();
        var draft = await _organizer.DraftEventAsync();
        var changed = await _organizer.PatchAsync(
            $"/v1/events/{draft.Id}", new { title = text, description = text }, "\"1\"");
        (changed.ShouldBe(HttpStatusCode.OK).Get<string>("title"), changed.Get<string>("description"))
            .ShouldBe((text, text));
        (await _organizer.GetAsync($"/v1/events/{bystander.Id}")).Get<string>("title").ShouldBe("Spring Meetup");
        // As a name of a member, too.
        var body = new JsonObject { [text] = "x" };
        (await _organizer.PatchAsync($"/v1/events/{draft.Id}", body, "\"2\"")).ShouldBe(HttpStatusCode.BadRequest);
        return 3;
    }

    private async Task<int> ProgramAsync(string text)
    {
        var draft = await _organizer.DraftEventAsync();
        var path = $"/v1/events/{draft.Id}/programs";
        var added = await _organizer.PostAsync(path, Sample.Program(text).With(Member("room", text)));
        added.ShouldBe(HttpStatusCode.Created).Get<string>("title").ShouldBe(text);
        var listed = (await _organizer.GetAsync(path)).Data().ShouldHaveSingleItem();
        (listed["title"]!.GetValue<string>(), listed["room"]!.GetValue<string>()).ShouldBe((text, text));
        return 2;
    }

    private async Task<int> RegisterAsync(object attendee, string member, string text)
    {
        var id = await _organizer.LiveEventAsync();
        await StoresAsync($"/v1/events/{id}/registrations", attendee, member, text);
        (await _organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(1);
        return 3;
    }

    private async Task<int> RegisterEmailAsync(string text)
    {
        var id = await _organizer.LiveEventAsync();
        var path = $"/v1/events/{id}/registrations";
        (await _organizer.PostAsync(path, Sample.Attendee(email: text))).ShouldBe(HttpStatusCode.BadRequest);
        // With an @, some of them are addresses (RFC 5321 allows quotes before it).
        var entered = await _organizer.PostAsync(path, Sample.Attendee(email: $"{text}@x.test"));
        entered.Status.ShouldBeOneOf(HttpStatusCode.Created, HttpStatusCode.BadRequest);
        if (entered.Status is HttpStatusCode.Created) entered.Get<string>("email").ShouldBe($"{text}@x.test");
        return 2;
    }

    private async Task<int> QueryAsync(string text)
    {
        var id = (await _organizer.DraftEventAsync()).Id;
        var escaped = Uri.EscapeDataString(text);
        var sent = 0;
        foreach (var list in new[] { "/v1/events", $"/v1/events/{id}/registrations", $"/v1/events/{id}/programs" })
            foreach (var parameter in new[] { "cursor", "updatedSince", "limit", "orderBy" })
            {
                var answer = await _organizer.GetAsync($"{list}?{parameter}={escaped}");
                // What a list does not know it ignores; what it knows has a shape.
                answer.Status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.OK);
                foreach (var foreign in new[] { _stage.Draft, _stage.Live, _stage.Program, _stage.Registration })
                    answer.Text.ShouldNotContain($"{foreign}");
                sent++;
            }

        return sent;
    }

    private async Task<int> PathAsync(string text)
    {
        var escaped = Uri.EscapeDataString(text);
        string[] paths =
        [
            $"/v1/events/{escaped}", $"/v1/registrations/{escaped}", $"/v1/events/{escaped}/programs",
            $"/v1/events/{escaped}/registrations", $"/v1/{escaped}", $"/{escaped}",
        ];
        foreach (var path in paths)
            (await _organizer.GetAsync(path)).Status.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
        (await _organizer.DeleteAsync($"/v1/programs/{escaped}", "\"1\"")).Status
            .ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
        return paths.Length + 1;
    }

    private async Task<int> HeadersAsync(string text)
    {
        if (!text.All(char.IsAscii)) return 0; // no client sends it

        var made = await _organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", text));
        made.Status.ShouldBeOneOf(HttpStatusCode.Created, HttpStatusCode.BadRequest);
        if (made.Status is HttpStatusCode.Created)
        {
            var again = await _organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", text));
            (again.Id, again.IsReplayed()).ShouldBe((made.Id, true));
        }

        var draft = await _organizer.DraftEventAsync();
        (await _organizer.PatchAsync($"/v1/events/{draft.Id}", new { title = "x" }, text)).Status
            .ShouldBeOneOf(HttpStatusCode.PreconditionFailed, HttpStatusCode.BadRequest);
        (await _organizer.GetAsync($"/v1/events/{draft.Id}")).Get<string>("title").ShouldBe("Spring Meetup");
        string[] names =
            ["X-Request-Id", "X-Forwarded-For", "X-Forwarded-Host", "X-Tenant-Id", "Accept-Language", "User-Agent"];
        foreach (var header in names)
        {
            // A command, so that it is written to the log.
            var answer = await _organizer.PostAsync("/v1/events", Sample.Event(), (header, text));
            answer.Status.ShouldBe(HttpStatusCode.Created, $"{header}: {answer.Text}");
        }

        (await _tenant.Anonymous.With(text).GetAsync("/v1/events")).ShouldBe(HttpStatusCode.Unauthorized);
        return 11;
    }

    private async Task<int> HostAsync(string text)
    {
        if (!text.All(char.IsAscii)) return 0;

        string[] names =
            [text, $"{text}.localhost", $"{_tenant.Slug}{text}.localhost", $"{_tenant.Slug}.localhost{text}"];
        foreach (var name in names)
        {
            var answer = await RawHttp.GetAsync(
                host.Api.Address, name, "/v1/events", TestContext.Current.CancellationToken);
            answer.Status.ShouldBeOneOf(400, 404);
        }

        return 4;
    }

    private static string Member(string name, string text) => new JsonObject { [name] = text }.ToJsonString();

    /// <summary>All rows of a tenant.</summary>
    private async Task<string> StateAsync(TestTenant tenant)
    {
        await using var superuser = new NpgsqlConnection(host.Postgres.Superuser(host.Api.Database));
        await superuser.OpenAsync(TestContext.Current.CancellationToken);
        // All but the seals, which come by a timer.
        var tables = (await Catalogue.TablesAsync(superuser)).Where(table => table.Name != "audit_seals").ToList();
        return await Catalogue.ChecksumAsync(superuser, tables, tenant.Id.Value);
    }
}
