using System.Net;
using System.Text.Json;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class CreateEventTests(TestHost host)
{
    [Fact]
    public async Task A_draft_is_created_with_its_location_and_tag()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var created = await organizer.PostAsync("/v1/events", Sample.Event("Spring Meetup", capacity: 20));

        created.ShouldBe(HttpStatusCode.Created);
        created.Headers.Location!.ToString().ShouldBe($"/v1/events/{created.Id}");
        created.ETag.ShouldBe("\"1\"");
        created.Get<string>("status").ShouldBe("draft");
        created.Get<string>("timeZone").ShouldBe("Asia/Seoul");
        created.Get<int>("capacity").ShouldBe(20);
        (await organizer.GetAsync($"/v1/events/{created.Id}")).Text.ShouldBe(created.Text);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["event.created"]);
    }

    [Theory]
    [InlineData(BuiltInRoles.Viewer)]
    [InlineData(BuiltInRoles.Staff)]
    public async Task Without_the_permission_it_is_refused_and_leaves_no_trace(string role)
    {
        var tenant = await host.NewTenantAsync();
        var client = await tenant.AsAsync(role);
        var before = await tenant.TraceAsync();

        (await client.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_suspended_tenant_reads_and_does_not_create()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));
        var owner = await tenant.OwnerAsync();

        (await owner.PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended").Get<string>("reason").ShouldBe("billing");
        (await owner.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Parallel_requests_cannot_overspend_the_quota()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => organizer.PostAsync("/v1/events", Sample.Event())));

        answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in answers.Where(a => a.Status != HttpStatusCode.Created))
        {
            refused.ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
            (refused.Get<string>("resource"), refused.Get<int>("limit"), refused.Get<int>("used")).ShouldBe(("events", 1, 1));
        }

        (await tenant.RowsAsync("events")).ShouldBe(1);
        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["event.created"]);

        var only = answers.Single(a => a.Status == HttpStatusCode.Created);
        (await organizer.DeleteAsync($"/v1/events/{only.Id}", only.ETag)).ShouldBe(HttpStatusCode.NoContent);
        answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => organizer.PostAsync("/v1/events", Sample.Event())));
        answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(1);
    }

    [Fact]
    public async Task Every_member_is_kept_as_it_was_written()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        const string Written = """
            {"description":"봄 모임","timeZone":"Europe/Berlin","capacity":1000000,"attendanceMode":"hybrid",
             "venue":{"name":"COEX","address":"513 Yeongdong-daero"},"onlineUrl":"https://meet.example.test/1",
             "visibility":"unlisted","salesStartAt":"2035-01-01T00:00:00Z","salesEndAt":"2035-03-31T15:00:00Z",
             "contactEmail":"Hello@Example.test","translations":{"ko":{"title":"봄 모임","description":null}}}
            """;

        var created = await organizer.PostAsync("/v1/events", Sample.Event().With(Written));

        created.ShouldBe(HttpStatusCode.Created);
        foreach (var (name, value) in Sample.Event().With(Written).Where(member => member.Key is not ("startsAt" or "endsAt")))
            created.Body![name]!.ToJsonString().ShouldBe(value!.ToJsonString(), name);
        (created.Get<string>("startsAt"), created.Get<string>("endsAt")).ShouldBe(("2035-04-01T09:00:00Z", "2035-04-01T17:00:00Z"));
        (await organizer.GetAsync($"/v1/events/{created.Id}")).Text.ShouldBe(created.Text);
    }

    [Fact]
    public async Task An_instant_is_answered_in_UTC_and_as_it_was_stored()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var created = await organizer.PostAsync("/v1/events", Sample.Event().With(
            """{"startsAt":"2035-04-01T09:00:00.1234567+09:00","endsAt":"2035-04-01T17:00:00+09:00"}"""));

        created.ShouldBe(HttpStatusCode.Created).Get<string>("startsAt").ShouldBe("2035-04-01T00:00:00.123456Z");
        (await organizer.GetAsync($"/v1/events/{created.Id}")).Text.ShouldBe(created.Text);
    }

    [Theory]
    [InlineData("id", "\"0198c0de-0000-7000-8000-000000000001\"")]
    [InlineData("orgId", "\"0198c0de-0000-7000-8000-000000000001\"")]
    [InlineData("tenantId", "\"0198c0de-0000-7000-8000-000000000001\"")]
    [InlineData("tier", "\"enterprise\"")]
    [InlineData("status", "\"live\"")]
    [InlineData("version", "7")]
    [InlineData("slug", "\"mine\"")]
    [InlineData("registered", "7")]
    [InlineData("currency", "\"USD\"")]
    [InlineData("createdAt", "\"2020-01-01T00:00:00Z\"")]
    [InlineData("updatedAt", "\"2020-01-01T00:00:00Z\"")]
    [InlineData("Title", "\"Written otherwise\"")]
    public async Task What_is_not_the_organizers_to_write_is_refused_and_leaves_no_trace(string member, string value)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event().With($"{{\"{member}\":{value}}}")))
            .ShouldBeInvalid($"/{member}", "unknown_member");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    public static TheoryData<string, string, string> UnfitContents => new()
    {
        { """{"title":""}""", "/title", "not_empty" },
        { """{"title":"   "}""", "/title", "not_empty" },
        { """{"title":null}""", "/title", "invalid_value" },
        { """{"title":7}""", "/title", "invalid_value" },
        { """{"title":"a\u0000b"}""", "/title", "invalid_value" },
        { """{"title":"a\u0007b"}""", "/title", "control_character" },
        { $$"""{"title":"{{new string('x', 201)}}"}""", "/title", "maximum_length" },
        { $$"""{"description":"{{new string('x', 20_001)}}"}""", "/description", "maximum_length" },
        { """{"description":"a\u0007b"}""", "/description", "control_character" },
        { """{"startsAt":"2035-04-01T09:00:00"}""", "/startsAt", "invalid_value" },
        { """{"endsAt":"2035-04-01T09:00:00Z"}""", "/endsAt", "greater_than" },
        { """{"endsAt":"2035-04-01T08:00:00Z"}""", "/endsAt", "greater_than" },
        { """{"endsAt":"2035-04-01T09:00:00.0000009Z"}""", "/endsAt", "greater_than" }, // less than PostgreSQL can tell apart
        { """{"timeZone":"Mars/Olympus"}""", "/timeZone", "unknown_time_zone" },
        { """{"timeZone":"asia/seoul"}""", "/timeZone", "unknown_time_zone" },
        { """{"capacity":0}""", "/capacity", "inclusive_between" },
        { """{"capacity":1000001}""", "/capacity", "inclusive_between" },
        { """{"capacity":"20"}""", "/capacity", "invalid_value" },
        { """{"attendanceMode":"flying"}""", "/attendanceMode", "invalid_value" },
        { """{"attendanceMode":1}""", "/attendanceMode", "invalid_value" },
        { """{"venue":{"name":""}}""", "/venue/name", "not_empty" },
        { $$$"""{"venue":{"name":"{{{new string('x', 201)}}}"}}""", "/venue/name", "maximum_length" },
        { $$$"""{"venue":{"name":"COEX","address":"{{{new string('x', 501)}}}"}}""", "/venue/address", "maximum_length" },
        { """{"venue":{"name":"COEX","floor":3}}""", "/venue/floor", "unknown_member" },
        { """{"onlineUrl":"http://meet.example.test"}""", "/onlineUrl", "not_https" },
        { """{"onlineUrl":"javascript:alert(1)"}""", "/onlineUrl", "not_https" },
        { """{"onlineUrl":"https://user:secret@example.test"}""", "/onlineUrl", "not_https" },
        { $$"""{"onlineUrl":"https://example.test/{{new string('x', 2_000)}}"}""", "/onlineUrl", "maximum_length" },
        { """{"salesStartAt":"2035-02-01T00:00:00Z","salesEndAt":"2035-02-01T00:00:00Z"}""", "/salesEndAt", "greater_than" },
        { """{"contactEmail":"nobody"}""", "/contactEmail", "not_an_email" },
        { """{"translations":{"Korean":{"title":"봄"}}}""", "/translations/Korean", "invalid_translation" },
        { """{"translations":{"ko":{"title":""}}}""", "/translations/ko", "invalid_translation" },
        { """{"translations":{"ko":null}}""", "/translations/ko", "invalid_translation" },
        { """{"translations":{"a/b~c":{"title":"x"}}}""", "/translations/a~1b~0c", "invalid_translation" },
        { TooManyTranslations, "/translations", "too_many" },
    };

    private static string TooManyTranslations => JsonSerializer.Serialize(new
    {
        translations = Enumerable.Range(0, 21).ToDictionary(n => $"a{(char)('a' + n)}", _ => new { title = "x" }),
    });

    [Theory]
    [MemberData(nameof(UnfitContents), DisableDiscoveryEnumeration = true)]
    public async Task What_does_not_fit_is_named_and_leaves_no_trace(string change, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event().With(change))).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task What_is_missing_is_named_all_at_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.PostAsync("/v1/events", new { })).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]!.AsArray().Select(e => e!["pointer"]!.GetValue<string>()).ShouldBe(["/title", "/startsAt", "/endsAt"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"title\":\"a\",}")]
    [InlineData("{/* a comment */}")]
    public async Task What_is_not_JSON_is_refused_and_leaves_no_trace(string text)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();

        (await organizer.PostTextAsync("/v1/events", text)).ShouldBeProblem(HttpStatusCode.BadRequest, "malformed_json");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData(Tier.Free)]
    [InlineData(Tier.Starter)]
    [InlineData(Tier.Pro)]
    [InlineData(Tier.Enterprise)]
    public async Task Every_plan_may_create_and_every_plan_counts(Tier tier)
    {
        var tenant = await host.NewTenantAsync(tier);
        var organizer = await tenant.OrganizerAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        (await tenant.UsedAsync(Quota.Events)).ShouldBe(1);
    }
}
