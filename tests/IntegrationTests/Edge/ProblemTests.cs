using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Edge;

/// <summary>Every refusal is a problem document (RFC 9457) with the contract's status and code.</summary>
public sealed class ProblemTests(TestHost host)
{
    private const string Dates = "\"startsAt\":\"2035-04-01T09:00:00Z\",\"endsAt\":\"2035-04-01T17:00:00Z\"";

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")] // as good as no body
    [InlineData("not json")]
    [InlineData("{'title':'x'}")]
    [InlineData("{\"title\":\"x\",}")]
    [InlineData("{\"title\":\"x\"} {}")]
    [InlineData("{\"title\":\"x\"/* a comment */}")]
    [InlineData("{\"title\":\"\u0001\"}")]
    [InlineData("{\"title\":NaN}")]
    [InlineData("{\"capacity\":01}")]
    [InlineData("\ud800")]
    public async Task What_is_no_JSON_is_malformed(string body)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.BadRequest, "malformed_json")
            .Body!.AsObject().ContainsKey("errors").ShouldBeFalse();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("17")]
    [InlineData("{\"title\":\"\\ud800\"," + Dates + "}")]
    [InlineData("{\"title\":null," + Dates + "}")]
    [InlineData("{\"title\":1," + Dates + "}")]
    [InlineData("{\"title\":true," + Dates + "}")]
    [InlineData("{\"title\":[\"x\"]," + Dates + "}")]
    [InlineData("{\"title\":{}," + Dates + "}")]
    [InlineData("{\"Title\":\"x\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"title\":\"y\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"\\u0074itle\":\"y\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"capacity\":\"20\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"capacity\":20.5," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"capacity\":1e99," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"capacity\":99999999999," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"venue\":{\"name\":\"a\",\"owner\":\"b\"}," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"venue\":{\"name\":\"a\",\"name\":\"b\"}," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"visibility\":\"secret\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"visibility\":1," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"startsAt\":\"2035-04-01\",\"endsAt\":\"2035-04-01T17:00:00Z\"}")]
    [InlineData("{\"title\":\"x\",\"startsAt\":\"2035-04-01T09:00:00\",\"endsAt\":\"2035-04-01T17:00:00Z\"}")]
    [InlineData("{\"title\":\"x\",\"startsAt\":2059203600,\"endsAt\":\"2035-04-01T17:00:00Z\"}")]
    [InlineData("{\"title\":\"x\",\"id\":\"01900000-0000-7000-8000-000000000000\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"orgId\":\"01900000-0000-7000-8000-000000000000\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"status\":\"live\"," + Dates + "}")]
    [InlineData("{\"title\":\"x\",\"$type\":\"y\"," + Dates + "}")]
    public async Task What_does_not_fit_fails_validation_and_leaves_no_trace(string body)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();

        var refused = (await organizer.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");

        foreach (var error in refused.Body!["errors"]!.AsArray())
            error!.AsObject().Select(member => member.Key).ShouldBe(["pointer", "code", "message"]);
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("/v1/auth/login", "{\"email\":\"a#@b.test\",\"password\":\"x\"}")]
    [InlineData("/v1/auth/login", "{\"email\":\"a@b.test\",\"password\":\"x#\"}")]
    [InlineData("/v1/auth/refresh", "{\"refreshToken\":\"#\"}")]
    [InlineData("/v1/events", "{\"title\":\"x#\"," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"description\":\"#\"," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"timeZone\":\"Asia/Seoul#\"," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"venue\":{\"name\":\"#\"}," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"venue\":{\"name\":\"x\",\"address\":\"#\"}," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"onlineUrl\":\"https://a.test/#\"," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"contactEmail\":\"a#@b.test\"," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"translations\":{\"ko#\":{\"title\":\"x\"}}," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"translations\":{\"ko\":{\"title\":\"x#\"}}," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"translations\":{\"ko\":{\"title\":\"x\",\"description\":\"#\"}}," + Dates + "}")]
    [InlineData("/v1/events", "{\"title\":\"x\",\"#\":\"x\"," + Dates + "}")]
    [InlineData("/v1/events/{id}/programs", "{\"title\":\"x#\"," + Dates + "}")]
    [InlineData("/v1/events/{id}/programs", "{\"title\":\"x\",\"room\":\"#\"," + Dates + "}")]
    [InlineData("/v1/events/{id}/programs", "{\"title\":\"x\",\"track\":\"#\"," + Dates + "}")]
    [InlineData("/v1/events/{id}/registrations", "{\"name\":\"x#\",\"email\":\"a@b.test\"}")]
    [InlineData("/v1/events/{id}/registrations", "{\"name\":\"x\",\"email\":\"a#@b.test\"}")]
    public async Task No_text_may_hold_the_NUL_character_or_a_lone_surrogate(string path, string body)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        var id = await organizer.LiveEventAsync();

        foreach (var bad in new[] { "\\u0000", "\\ud800" })
            (await organizer.PostTextAsync(
                path.Replace("{id}", id.ToString(), StringComparison.Ordinal), body.Replace("#", bad, StringComparison.Ordinal)))
                .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Theory]
    [InlineData("{\"title\":\"x#\"}")]
    [InlineData("{\"description\":\"#\"}")]
    [InlineData("{\"timeZone\":\"#\"}")]
    [InlineData("{\"venue\":{\"name\":\"#\"}}")]
    [InlineData("{\"venue\":{\"name\":\"x\",\"address\":\"#\"}}")]
    [InlineData("{\"translations\":{\"#\":{\"title\":\"x\"}}}")]
    [InlineData("{\"translations\":{\"ko\":{\"title\":\"#\"}}}")]
    [InlineData("{\"#\":1}")]
    [InlineData("{\"title\":\"x\",\"title\":\"y\"}")]
    [InlineData("{\"venue\":{\"name\":\"x\",\"name\":\"y\"}}")]
    [InlineData("{\"version\":7}")]
    [InlineData("[]")]
    [InlineData("1")]
    public async Task A_patch_is_as_strict(string patch)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        var draft = await organizer.DraftEventAsync();

        foreach (var bad in new[] { "\\u0000", "\\ud800" })
            (await organizer.SendAsync(
                HttpMethod.Patch, $"/v1/events/{draft.Id}", Body(patch.Replace("#", bad, StringComparison.Ordinal)), ("If-Match", draft.ETag!)))
                .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
        (await organizer.GetAsync($"/v1/events/{draft.Id}")).Text.ShouldBe(draft.Text);
    }

    [Fact]
    public async Task What_is_nested_too_deep_is_refused()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        foreach (var depth in new[] { 33, 200, 20_000 })
        {
            var nested = $"{{\"title\":{new string('[', depth)}{new string(']', depth)}}}";
            (await organizer.PostTextAsync("/v1/events", nested)).ShouldBe(HttpStatusCode.BadRequest);
            (await organizer.SendAsync(HttpMethod.Patch, $"/v1/events/{Unknown}", Body(nested), ("If-Match", "\"1\"")))
                .ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task JSON_is_UTF_8()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        var text = "{\"title\":\"봄 모임\"," + Dates + "}";

        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, Encoding.GetEncoding("iso-8859-1") })
        {
            using var body = new ByteArrayContent([.. encoding.GetPreamble(), .. encoding.GetBytes(text), 0xC3]);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            (await organizer.SendAsync(HttpMethod.Post, "/v1/events", body)).ShouldBe(HttpStatusCode.BadRequest);
        }

        using var good = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        good.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await organizer.SendAsync(HttpMethod.Post, "/v1/events", good)).ShouldBe(HttpStatusCode.Created)
            .Get<string>("title").ShouldBe("봄 모임");
    }

    [Fact]
    public async Task Unknown_routes_and_unknown_ids_are_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        foreach (var path in new[]
        {
            "/", "/v1", "/v2/events", "/v1/event", "/v1/events/1", "/v1/events/not-an-id", $"/v1/events/{Unknown}",
            "/v1/events/00000000-0000-0000-0000-000000000000", $"/v1/registrations/{Unknown}x", "/.git/config",
        })
            (await owner.GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await tenant.Anonymous.GetAsync("/v1/nothing")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("PUT", "/v1/events", "GET, POST")]
    [InlineData("DELETE", "/v1/events", "GET, POST")]
    [InlineData("POST", "/v1/me", "GET")]
    [InlineData("GET", "/v1/auth/login", "POST")]
    [InlineData("TRACE", "/v1/me", "GET")]
    [InlineData("PROPFIND", "/v1/me", "GET")]
    public async Task A_method_that_is_not_there_is_told_which_are(string method, string path, string allowed)
    {
        var tenant = await host.NewTenantAsync();

        var answer = await RawHttp.SendAsync(
            host.Api.Address, $"{method} {path} HTTP/1.1\r\nHost: {tenant.Host}\r\nConnection: close\r\n\r\n",
            TestContext.Current.CancellationToken);

        (answer.Status, answer.Code).ShouldBe((405, "method_not_allowed"));
        answer.Headers.Split("\r\n").ShouldContain($"Allow: {allowed}");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/json")]
    [InlineData("application/jsonp")]
    public async Task Another_media_type_is_unsupported(string type)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        using var body = new StringContent("{\"title\":\"x\"," + Dates + "}");
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        (await organizer.SendAsync(HttpMethod.Post, "/v1/events", body)).ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Fact]
    public async Task A_body_above_64_KiB_is_too_large_whether_or_not_it_says_so()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();
        var large = "{\"title\":\"" + new string('x', 64 * 1024) + "\"}";

        (await organizer.PostTextAsync("/v1/events", large)).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large")
            .Headers.ConnectionClose.ShouldBe(true);
        using var chunked = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(large)));
        chunked.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await organizer.SendAsync(HttpMethod.Post, "/v1/events", chunked, ("Transfer-Encoding", "chunked")))
            .ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large");

        (await tenant.TraceAsync()).ShouldBe(before);
        var fits = "{\"title\":\"" + new string('x', (64 * 1024) - 12) + "\"}";
        fits.Length.ShouldBe(64 * 1024);
        (await organizer.PostTextAsync("/v1/events", fits)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task A_compressed_body_is_not_unpacked()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        using var body = new ByteArrayContent([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        body.Headers.ContentEncoding.Add("gzip");

        (await organizer.SendAsync(HttpMethod.Post, "/v1/events", body)).ShouldBeProblem(HttpStatusCode.BadRequest, "malformed_json");
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=101", "?limit")]
    [InlineData("limit=-1", "?limit")]
    [InlineData("limit=ten", "?limit")]
    [InlineData("limit=99999999999", "?limit")]
    [InlineData("updatedSince=yesterday", "?updatedSince")]
    [InlineData("cursor=garbage", "?cursor")]
    [InlineData("cursor=%00", "?cursor")]
    public async Task A_query_that_does_not_fit_names_the_parameter(string query, string pointer)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.GetAsync($"/v1/events?{query}")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
    }

    [Fact]
    public async Task Conditions_are_required_and_checked()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        var draft = await organizer.DraftEventAsync();
        var path = $"/v1/events/{draft.Id}";

        (await organizer.PatchAsync(path, new { title = "y" }, ifMatch: null)).ShouldBeProblem((HttpStatusCode)428, "precondition_required");
        (await organizer.DeleteAsync(path, ifMatch: null)).ShouldBeProblem((HttpStatusCode)428, "precondition_required");
        foreach (var stale in new[] { "\"2\"", "W/\"1\"", "1", "garbage", "\"\"" })
            (await organizer.PatchAsync(path, new { title = "y" }, stale)).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        (await organizer.PatchAsync(path, new { title = "y" }, "\"7\", \"1\"")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("ko", "찾을 수 없습니다.")]
    [InlineData("ko-KR,ko;q=0.9,en;q=0.8", "찾을 수 없습니다.")]
    [InlineData("en;q=0.5,ko", "찾을 수 없습니다.")]
    [InlineData("en", "There is nothing here, or nothing that you may see.")]
    [InlineData("fr", "There is nothing here, or nothing that you may see.")]
    [InlineData("*", "There is nothing here, or nothing that you may see.")]
    [InlineData(";;;,,,q=q", "There is nothing here, or nothing that you may see.")]
    public async Task The_detail_speaks_the_language_of_the_client(string language, string detail)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        var refused = await owner.GetAsync($"/v1/events/{Unknown}", ("Accept-Language", language));

        refused.ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (refused.Get<string>("detail"), refused.Get<string>("title")).ShouldBe((detail, "Not found"));
    }

    [Fact]
    public async Task Every_kind_of_refusal_speaks_Korean()
    {
        var tenant = await host.NewTenantAsync();
        var (organizer, viewer) = (await tenant.OrganizerAsync(), await tenant.AsAsync(BuiltInRoles.Viewer));
        var korean = ("Accept-Language", "ko");
        using var broken = Body("{");
        using var unknown = Body("{\"x\":1}");

        Answer[] refused =
        [
            await host.Api.Client("nobody-is-here.localhost").GetAsync("/v1/me", korean),
            await tenant.Anonymous.GetAsync("/v1/me", korean),
            await viewer.PostAsync("/v1/events", Sample.Event(), korean),
            await organizer.GetAsync("/v1/nothing", korean),
            await organizer.SendAsync(HttpMethod.Put, "/v1/events", content: null, korean),
            await organizer.SendAsync(HttpMethod.Post, "/v1/events", broken, korean),
            await organizer.SendAsync(HttpMethod.Post, "/v1/events", unknown, korean),
            await organizer.DeleteAsync($"/v1/events/{Unknown}", ifMatch: null, korean),
        ];

        foreach (var answer in refused) answer.Get<string>("detail").ShouldMatch("[가-힣]+.*[다요]\\.$");
        refused[6].Body!["errors"]![0]!["message"]!.GetValue<string>().ShouldBe("알 수 없는 멤버입니다.");
    }

    [Fact]
    public async Task No_refusal_tells_what_is_behind_it()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var id = await owner.LiveEventAsync();
        var texts = new List<string>();
        foreach (var bait in new[] { "'; drop table events; --", "\\\"", "${jndi:ldap://x}", "../../etc/passwd", "%s%n", "{{7*7}}", "\\ufffe", "\\u202e" })
        {
            texts.Add((await owner.PostTextAsync("/v1/events", $"{{\"title\":\"{bait}\",\"timeZone\":\"{bait}\",{Dates}}}")).Text);
            texts.Add((await owner.PostTextAsync($"/v1/events/{id}/registrations", $"{{\"name\":\"{bait}\",\"email\":\"{bait}\"}}")).Text);
            texts.Add((await owner.GetAsync($"/v1/events?cursor={Uri.EscapeDataString(bait)}")).Text);
            texts.Add((await owner.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", bait))).Text);
            texts.Add((await owner.GetAsync($"/v1/events/{Uri.EscapeDataString(bait)}")).Text);
            texts.Add((await owner.PatchAsync($"/v1/events/{id}", new { title = bait }, bait)).Text);
            texts.Add((await owner.PostTextAsync("/v1/auth/login", $"{{\"email\":\"{bait}\",\"password\":\"{bait}\"}}")).Text);
        }

        foreach (var text in texts)
        {
            text.ShouldNotContain("\"internal_error\"");
            foreach (var word in new[]
            {
                "SQLSTATE", "Npgsql", "Postgres", "   at ", "Exception", "System.", "Microsoft.", "CleanTenancy.", "org_id", "audit_logs",
                "idempotency_keys", "usage_counters", "refresh_tokens", "violates", "constraint",
            })
                text.ShouldNotContain(word, Case.Insensitive, text);
        }
    }

    private const string Unknown = "01900000-0000-7000-8000-000000000000";

    private static StringContent Body(string text) => new(text, Encoding.UTF8, "application/json");
}
