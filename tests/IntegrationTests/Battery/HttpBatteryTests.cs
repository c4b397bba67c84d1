using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Routing.Patterns;
using System.Text.Json.Nodes;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>That the battery hits what it aims at, and sees what it looks for.</summary>
public sealed class HttpBatteryTests(TestHost host)
{
    [Fact]
    public async Task Every_endpoint_is_reached_by_a_valid_request()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, valid requests");
        // What others are made from is there first, and what closes it comes last: cancelling, archiving.
        foreach (var target in arena.Targets.OrderBy(target => target switch
        {
            { Method: "GET" } => 0,
            { Request.Success: 201 } => 1,
            { Method: "PATCH" or "PUT" } => 2,
            { Method: "DELETE" } => 3,
            _ => 4,
        }))
        {
            await arena.ReachAsync(target, arena.A);
            block.Count(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Nothing_of_the_battery_is_left_to_chance()
    {
        var arena = await HttpArena.SetAsync(host);

        arena.Targets.Count.ShouldBeGreaterThan(20);
        arena.Targets.Select(target => target.Name).ShouldBeUnique();
        arena.WithBody.Select(target => target.Name).ShouldContain("PATCH /v1/events/{id}");
        arena.Canaries.Count.ShouldBeGreaterThan(30);
        foreach (var table in new[] { "events", "programs", "registrations", "users" })
            (await arena.Api.QueryAsync<bool>(
                $"select exists (select from {table} t where org_id = $1 and t::text like '%' || $2 || '%')",
                arena.B.Id.Value, arena.Secret)).ShouldBeTrue(table);
    }

    [Fact]
    public async Task An_answer_that_speaks_of_the_other_tenant_is_seen()
    {
        var arena = await HttpArena.SetAsync(host);
        var list = arena.Targets.Single(target => target.Name == "GET /v1/events");
        var shot = await arena.ShotAsync(list, arena.B, await arena.AnyIdsAsync(list, arena.B));

        await arena.FireAsync(list, "B's own list", shot.As(arena.TokensOfB["viewer"]));

        arena.Findings.ShouldContain(finding => finding.Contains(arena.Secret, StringComparison.Ordinal));
        arena.Findings.Count.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("the word is KANARIE-1.", "", "kanarie-1")]
    [InlineData("", "/v1/events/0197a000-0000-7000-8000-00000000bbbb", "0197a000-0000-7000-8000-00000000bbbb")]
    [InlineData("{\"x\":\"0197a0000000700080000000" + "0000BBBB\"}", "", "0197a00000007000800000000000BBBB")]
    [InlineData("0197a000-0000-7000-8000-00000000cccc", "kanarie-2", null)]
    public void A_canary_is_found_in_bodies_and_headers_in_any_spelling(string text, string location, string? found)
    {
        var canaries = new Canaries(["kanarie-1"], [new Guid("0197a000-0000-7000-8000-00000000bbbb")]);
        var reply = new HttpReply(200, "text/plain", text, [("Location", location)]);

        canaries.FoundIn(new HttpShot("GET", "x", "/"), reply).ShouldBe(found is null ? [] : [found]);
    }

    [Fact]
    public void An_id_that_the_client_itself_said_is_no_canary()
    {
        var canaries = new Canaries([], [new Guid("0197a000-0000-7000-8000-00000000bbbb")]);
        var shot = new HttpShot("GET", "x", "/v1/events/0197A000-0000-7000-8000-00000000bbbb");

        canaries.FoundIn(shot, new HttpReply(404, null, "0197a000-0000-7000-8000-00000000bbbb", [])).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("update events set title = title || '.' where org_id = $1", "audit_logs, events")]
    [InlineData("delete from programs where org_id = $1", "audit_logs, programs")]
    [InlineData("update organizations set name = 'x' where id = $1", "audit_logs, organizations")]
    [InlineData("insert into fence_probes (org_id, id) values ($1, gen_random_uuid())", "fence_probes")]
    [InlineData("update usage_counters set used = 9 where org_id = $1 and resource = 'events'", "usage_counters")]
    [InlineData("update idempotency_keys set answer = answer || ' ' where org_id = $1", "idempotency_keys")]
    [InlineData("update audit_logs set action = 'x' where org_id = $1", "audit_logs")]
    public async Task A_changed_row_of_the_other_tenant_is_seen(string change, string table)
    {
        var arena = await HttpArena.SetAsync(host);
        await arena.CheckBAsync("before");
        arena.Findings.ShouldBeEmpty();

        await arena.Api.ExecuteAsync(change, arena.B.Id.Value);

        await arena.CheckBAsync("a planted change");
        arena.Findings.ShouldBe([$"a planted change: rows of B changed in {table}"]);
    }

    [Fact]
    public async Task The_checksum_looks_at_every_table_of_tenants()
    {
        var catalogue = await TenantCatalogue.ReadAsync(host.Api);

        catalogue.Tables.Keys.ShouldBe(
            [.. TenantTables.Grants.Keys, "tenant_slugs", "tenant_hosts"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_child_knows_its_parent_by_its_foreign_key()
    {
        var arena = await HttpArena.SetAsync(host);
        var program = (await arena.Catalogue.IdsAsync("programs", arena.A.Id)).First();

        (await arena.Catalogue.IdsAsync("events", arena.A.Id))
            .ShouldContain(await arena.Catalogue.ParentAsync("programs", "events", program, arena.A.Id));
        (await Should.ThrowAsync<InvalidOperationException>(
            arena.Catalogue.ParentAsync("events", "programs", program, arena.A.Id)))
            .Message.ShouldContain("foreign key");
    }

    [Theory]
    [InlineData("/v1/unicorns/{id:guid}", "unicorns")]
    [InlineData("/v1/unicorns/{name}", "{name} is no id")]
    [InlineData("/v1/events/{id:guid}/unicorns/{unicornId:guid}", "of which table")]
    public async Task A_path_that_the_battery_does_not_understand_fails_and_says_why(string route, string why)
    {
        var catalogue = await TenantCatalogue.ReadAsync(host.Api);

        Should.Throw<InvalidOperationException>(() => HttpTarget.Of(
            "GET", RoutePatternFactory.Parse(route), request: null, body: null, [], catalogue))
            .Message.ShouldContain(why);
    }

    [Fact]
    public async Task A_body_without_an_example_fails_and_says_so()
    {
        var catalogue = await TenantCatalogue.ReadAsync(host.Api);
        var document = JsonNode.Parse(
            """{"paths":{"/v1/x":{"post":{"requestBody":{"content":{"a/b":{"schema":{}}}}}}}}""")!;

        Should.Throw<InvalidOperationException>(() => HttpTarget.Of(
            "POST", RoutePatternFactory.Parse("/v1/x"), request: null, typeof(string), document.AsObject(), catalogue))
            .Message.ShouldContain("without an example");
    }

    [Fact]
    public void Members_that_name_rows_are_found_however_deep_they_stand() =>
        IdMembers.Of(typeof(Order)).Select(path => string.Join('.', path)).ShouldBe(
        [
            "buyer.userId", "coverFileId", "eventId", "lines.0.ticketTypeId", "poolIds.0", "byLanguage.en.fileId",
            "patch.venueId",
        ], ignoreOrder: true);

    private sealed record Order(
        EventId EventId, Guid? CoverFileId, Buyer Buyer, IReadOnlyList<Line> Lines, ProgramId[] PoolIds,
        IReadOnlyDictionary<string, Words> ByLanguage, MergePatch<Place> Patch, string Name, DateTimeOffset At);

    private sealed record Buyer(UserId? UserId, string Email);

    private sealed record Line(Guid TicketTypeId, int Quantity, Line? Next);

    private sealed record Words(Guid FileId, string Text);

    private sealed record Place(Guid VenueId);
}
