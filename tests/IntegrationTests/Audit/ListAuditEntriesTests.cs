using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Audit;

public sealed class ListAuditEntriesTests(TestHost host)
{
    private const string Audit = "/v1/audit";

    [Fact]
    public async Task A_deed_and_its_row_are_listed_newest_first_with_who_where_and_which_request()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var traceparent = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        var created = await owner.PostAsync("/v1/events", Sample.Event(), ("X-Request-Id", "request-42"), traceparent);

        var lines = (await owner.GetAsync($"{Audit}?limit=2")).Data();

        lines.Select(line => line["action"]!.GetValue<string>()).ShouldBe(["event.created", "insert"]);
        foreach (var line in lines)
        {
            line["rowId"]!.GetValue<Guid>().ShouldBe(created.Id);
            (line["address"]!.GetValue<string>(), line["requestId"]!.GetValue<string>(), line["traceId"]!.GetValue<string>())
                .ShouldBe(("127.0.0.1", "request-42", "4bf92f3577b34da6a3ce929d0e0e4736"));
            line["actor"]!.ToJsonString().ShouldBe(
                $$"""{"kind":"user","id":"{{tenant.User(BuiltInRoles.SuperAdmin).Id}}","name":"owner"}""");
        }

        lines[1]["table"]!.GetValue<string>().ShouldBe("events");
        lines[1]["changes"]!["title"]!.ToJsonString().ShouldBe("""{"new":"Spring Meetup"}""");
    }

    [Fact]
    public async Task A_change_shows_the_changed_columns_only_and_no_personal_value()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var @event = await owner.DraftEventAsync();
        await owner.PatchAsync(
            $"/v1/events/{@event.Id}", new { title = "Other", contactEmail = "person@leak.test" }, @event.ETag);
        var live = await owner.LiveEventAsync();
        await owner.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee("Leak Person", "person@leak.test"));

        var change = (await owner.GetAsync($"{Audit}?table=events&action=update&limit=50")).Data()
            .Single(line => line["changes"]!["title"] is not null);
        change["changes"]!.ToJsonString().ShouldBe(
            """{"title":{"new":"Other","old":"Spring Meetup"},"contact_email":{"redacted":true}}""");

        (await owner.GetAsync($"{Audit}?limit=100")).Text.ShouldNotContain("leak", Case.Insensitive);
        (await owner.GetAsync($"{Audit}?table=registrations")).Data().ShouldHaveSingleItem()["changes"]!["name"]!
            .ToJsonString().ShouldBe("""{"redacted":true}""");
    }

    [Fact]
    public async Task It_is_filtered_by_actor_action_table_and_time()
    {
        var tenant = await host.NewTenantAsync();
        var (owner, admin) = (await tenant.OwnerAsync(), await tenant.AsAsync(BuiltInRoles.Admin));
        await owner.DraftEventAsync();
        var between = TimeProvider.System.GetUtcNow();
        var late = await admin.DraftEventAsync();
        var adminId = tenant.User(BuiltInRoles.Admin).Id;

        (await CountAsync($"actor={adminId}")).ShouldBe(2);
        (await CountAsync("action=event.created")).ShouldBe(2);
        (await CountAsync("table=events")).ShouldBe(2);
        (await CountAsync($"actor={adminId}&action=event.created")).ShouldBe(1);
        (await CountAsync($"from={Instant(between)}&table=events")).ShouldBe(1);
        (await CountAsync($"to={Instant(between)}&table=events")).ShouldBe(1);
        (await CountAsync($"from={Instant(between)}&to={Instant(between.AddDays(1))}&action=event.created")).ShouldBe(1);
        (await CountAsync($"actor={late.Id}")).ShouldBe(0);
        (await CountAsync("action=no.such")).ShouldBe(0);

        async Task<int> CountAsync(string query) => (await owner.GetAsync($"{Audit}?limit=100&{query}")).Data().Count;

        static string Instant(DateTimeOffset at) => Uri.EscapeDataString(at.ToString("O"));
    }

    [Fact]
    public async Task Pages_have_no_gap_and_no_overlap_while_lines_are_added()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        for (var n = 0; n < 6; n++) await owner.DraftEventAsync();
        var all = (await owner.GetAsync($"{Audit}?limit=100")).Ids();

        var paged = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await owner.GetAsync($"{Audit}?limit=5" + (cursor is null ? "" : $"&cursor={cursor}"));
            paged.AddRange(page.Ids());
            cursor = page.NextCursor();
            await owner.DraftEventAsync(); // newer than every page
        }
        while (cursor is not null);

        paged.ShouldBe(all);
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("cursor=x", "?cursor")]
    [InlineData("from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z", "?to")]
    public async Task Nonsense_is_refused(string query, string pointer)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.GetAsync($"{Audit}?{query}")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
    }

    [Theory]
    [InlineData("from=yesterday")]
    [InlineData("actor=me")]
    public async Task What_does_not_parse_is_refused(string query)
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        (await owner.GetAsync($"{Audit}?{query}")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe($"?{query.Split('=')[0]}");
    }

    [Fact]
    public async Task Another_tenants_lines_are_not_there_not_even_by_their_actor_or_cursor()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var (owner, stranger) = (await tenant.OwnerAsync(), await other.OwnerAsync());
        for (var n = 0; n < 3; n++) await owner.DraftEventAsync();
        var cursor = (await owner.GetAsync($"{Audit}?limit=2")).NextCursor();
        var mine = (await owner.GetAsync($"{Audit}?limit=100")).Ids();

        (await stranger.GetAsync($"{Audit}?limit=100")).Ids().Intersect(mine).ShouldBeEmpty();
        (await stranger.GetAsync($"{Audit}?cursor={cursor}&limit=100")).Ids().Intersect(mine).ShouldBeEmpty();
        (await stranger.GetAsync($"{Audit}?actor={tenant.User(BuiltInRoles.SuperAdmin).Id}")).Data().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(BuiltInRoles.SuperAdmin, true)]
    [InlineData(BuiltInRoles.Admin, true)]
    [InlineData(BuiltInRoles.Organizer, false)]
    [InlineData(BuiltInRoles.Staff, false)]
    [InlineData(BuiltInRoles.Viewer, false)]
    public async Task Who_may_read_it(string role, bool may)
    {
        var answer = await (await (await host.NewTenantAsync()).AsAsync(role)).GetAsync(Audit);

        if (may) answer.ShouldBe(HttpStatusCode.OK);
        else answer.ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }
}
