using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>What a request says of itself beside its host, its method and its token counts for nothing.</summary>
public sealed class HttpDisguiseTests(TestHost host)
{
    private static readonly string[] Verbs =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"];

    [Fact]
    public async Task Headers_that_name_another_tenant_change_no_answer()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, spoofed headers");
        foreach (var target in arena.Targets)
        {
            // What acts is sent for rows that nobody has, so that one answer can be held against the next.
            await arena.RenewAsync();
            var ids = target.IsCommand ? HttpArena.RandomIds(target) : await arena.AnyIdsAsync(target, arena.A);
            var plain = await FireAsync("plain", shot => shot);
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            // Where operators may ask for one tenant it is no disguise.
            var disguises = Disguises.Of(arena).Where(one => one.Query != "tenant"
                || target.Request?.Request.GetProperty("Tenant") is null).ToList();
            // Whose tenant it is is found out before what is asked for, by the same code: for commands, which have to be made
            // ready one by one, all of them at once must do.
            var alone = target.IsCommand ? [] : disguises.Where(one => one.NamesTenant);
            foreach (var (what, disguise) in alone.Append(Disguise.AllOf(disguises)))
            {
                var reply = await FireAsync(what, disguise);
                // What was made just now differs from what was made before, and the platform's rows are changed by others
                // meanwhile: then the kind of answer is compared.
                if (reply.Succeeded && (target.IsCommand || target.IsPlatform))
                    arena.Check(reply.Shape == plain.Shape, target, what, plain.Shape, reply);
                else
                    arena.CheckSame(target, what, reply, plain);
                block.Count(target.Name);
            }

            if (!target.IsCommand) await arena.CheckUnchangedAsync(arena.A, before, target, "headers");
            await arena.CheckBAsync(target.Name);

            async Task<HttpReply> FireAsync(string what, Func<HttpShot, HttpShot> disguise)
            {
                var shot = await arena.ShotAsync(target, arena.A, ids);
                if (target.IsPublic && target.Body is not null) // B's people are nobody here
                    shot = shot.WithBody((await arena.BodyAsync(target, arena.B)).ToJsonString());
                else if (target.IsCommand)
                    shot = await arena.ReadyAsync(
                        target, arena.A, "super_admin", shot.As(await arena.SignedAsync(target, arena.A)));
                else
                    shot = shot.As(target.IsPlatform ? await arena.SignedAsync(target, arena.A) : arena.Token);
                return await arena.FireAsync(target, what, disguise(shot));
            }
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Without_a_token_no_header_stands_for_one()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, spoofed headers without a token");
        foreach (var target in arena.Guarded)
        {
            var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            var plain = await arena.FireAsync(target, "plain", shot);
            var disguises = Disguises.Of(arena);
            foreach (var (what, disguise) in disguises.Where(one => one.NamesTenant).Append(Disguise.AllOf(disguises)))
            {
                var reply = await arena.FireAsync(target, what, disguise(shot));
                arena.Check(reply.Status == 401, target, what, "401", reply);
                arena.CheckSame(target, what, reply, plain);
                block.Count(target.Name);
            }
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Two_hosts_are_none()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, two hosts");
        foreach (var target in arena.OfTenants)
        {
            var shot = (await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A)))
                .As(arena.TokensOfB["super_admin"]);
            var (a, b, path) = (arena.A.Host, arena.B.Host, shot.Path);
            foreach (var (what, start) in new[]
            {
                ("A, then B", $"{target.Method} {path} HTTP/1.1\r\nHost: {a}\r\nHost: {b}\r\n"),
                ("B, then A", $"{target.Method} {path} HTTP/1.1\r\nHost: {b}\r\nHost: {a}\r\n"),
                ("A and B in one", $"{target.Method} {path} HTTP/1.1\r\nHost: {a}, {b}\r\n"),
                ("B in the address, A as Host", $"{target.Method} http://{b}{path} HTTP/1.1\r\nHost: {a}\r\n"),
                ("A in the address, B as Host", $"{target.Method} http://{a}{path} HTTP/1.1\r\nHost: {b}\r\n"),
                ("B before an @", $"{target.Method} {path} HTTP/1.1\r\nHost: {b}@{a}\r\n"),
                ("no Host", $"{target.Method} {path} HTTP/1.1\r\n"),
            })
            {
                var raw = await RawHttp.SendAsync(
                    arena.Api.Address,
                    $"{start}Authorization: {shot.Authorization}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    TestContext.Current.CancellationToken);
                var reply = new HttpReply(raw.Status, MediaType: null, raw.Text, [("all", raw.Headers)]);
                arena.Check(reply.Status is 400 or 404, target, what, "400 or 404", reply);
                arena.Check(arena.Canaries.FoundIn(shot, reply).Count == 0, target, what, "nothing of B", reply);
                block.Count(target.Name);
            }
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Other_verbs_are_not_allowed_and_do_nothing()
    {
        var arena = await HttpArena.SetAsync(host);
        var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
        using var block = Tally.Start("HTTP, other verbs");
        foreach (var route in arena.Targets.GroupBy(target => target.Pattern))
        {
            var (first, mapped) = (route.First(), route.Select(target => target.Method).ToHashSet());
            var own = await arena.AnyIdsAsync(first, arena.A);
            var shot = new HttpShot("", first.IsPlatform ? "localhost" : arena.A.Host, first.Fill(own));
            foreach (var verb in Verbs.Except(mapped))
                foreach (var token in new[] { null, arena.Token })
                {
                    var target = first with { Method = verb };
                    var reply = await arena.FireAsync(target, "other verb", (shot with { Method = verb }).As(token));
                    var allow = reply.Header("Allow")?.Split(',', StringSplitOptions.TrimEntries) ?? [];
                    arena.Check(
                        reply.Status == 405 && mapped.SetEquals(allow) && (verb == "HEAD" || reply.IsProblem),
                        target, "other verb", $"405 with Allow: {string.Join(", ", mapped)}", reply);
                    block.Count(route.Key);
                }

            await arena.CheckUnchangedAsync(arena.A, before, first, "other verbs");
        }

        await arena.HoldsAsync(block);
    }
}

/// <summary>A way to say that one is somebody else, somewhere else, or doing something else.</summary>
/// <param name="NamesTenant">It names B's host or B itself: each of these is tried alone, too.</param>
/// <param name="Query">The name of a parameter; null for a header.</param>
internal sealed record Disguise(string What, Func<HttpShot, HttpShot> Apply, bool NamesTenant, string? Query)
{
    /// <summary>None of them counts, so all of them together do not either: one request for many.</summary>
    public static Disguise AllOf(IReadOnlyList<Disguise> all) => new(
        "all at once", shot => all.Aggregate(shot, (disguised, one) => one.Apply(disguised)), NamesTenant: true, Query: null);

    public void Deconstruct(out string what, out Func<HttpShot, HttpShot> apply) => (what, apply) = (What, Apply);
}

internal static class Disguises
{
    public static IReadOnlyList<Disguise> Of(HttpArena arena)
    {
        var (tenant, owner) = (arena.B, arena.B.User("super_admin"));
        (string Name, string Value)[] ofTenant =
        [
            ("X-Tenant-Id", tenant.Id.ToString()), ("X-Forwarded-Host", tenant.Host), ("X-Original-Host", tenant.Host),
            ("X-Host", tenant.Host), ("X-HTTP-Host-Override", tenant.Host), ("X-Forwarded-Server", tenant.Host),
            ("Forwarded", $"for=127.0.0.1;host={tenant.Host};proto=https"), ("X-Tenant", tenant.Slug),
            ("X-Org-Id", tenant.Id.ToString()), ("X-Organization-Id", tenant.Id.ToString()),
            ("__tenant", tenant.Slug), ("Cookie", Cookie(arena)),
        ];
        (string Name, string Value)[] others =
        [
            ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/v1"),
            ("X-Forwarded-Port", "443"), ("X-Original-URL", "/v1/events"), ("X-Rewrite-URL", "/v1/events"),
            ("X-Original-Path", "/v1/events"),
            ("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE"),
            ("X-Real-IP", "127.0.0.1"), ("X-Client-IP", "127.0.0.1"), ("True-Client-IP", "127.0.0.1"),
            ("X-User-Id", owner.Id.ToString()), ("X-User", owner.Email), ("X-Role", "super_admin"),
            ("X-Roles", "super_admin"), ("X-Permissions", "*"), ("X-Admin", "true"),
            ("Origin", $"https://{tenant.Host}"), ("Referer", $"https://{tenant.Host}/"),
            ("baggage", $"org_id={tenant.Id}"), ("app.current_org_id", tenant.Id.ToString()),
            ("Proxy-Authorization", $"Bearer {arena.TokensOfB["super_admin"]}"),
            ("X-Authorization", $"Bearer {arena.TokensOfB["super_admin"]}"),
            ("X-API-Key", arena.TokensOfB["super_admin"]),
        ];
        (string Name, string Value, bool NamesTenant)[] queries =
        [
            ("tenant", tenant.Slug, true), ("tenantId", tenant.Id.ToString(), true), ("org_id", tenant.Id.ToString(), true),
            ("orgId", tenant.Id.ToString(), true), ("__tenant", tenant.Slug, true), ("_method", "DELETE", false),
            ("access_token", arena.TokensOfB["super_admin"], false),
        ];
        return
        [
            .. ofTenant.Select(header => Header(header.Name, header.Value, namesTenant: true)),
            .. others.Select(header => Header(header.Name, header.Value, namesTenant: false)),
            .. queries.Select(query => new Disguise(
                $"?{query.Name}={query.Value}", shot => WithQuery(shot, $"{query.Name}={query.Value}"), query.NamesTenant, query.Name)),
        ];
    }

    private static Disguise Header(string name, string value, bool namesTenant) =>
        new($"{name}: {value}", shot => shot.With(name, value), namesTenant, Query: null);

    private static HttpShot WithQuery(HttpShot shot, string query) =>
        shot with { Path = $"{shot.Path}{(shot.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}" };

    private static string Cookie(HttpArena arena) =>
        $"tenant={arena.B.Slug}; org_id={arena.B.Id}; Authorization=Bearer {arena.TokensOfB["super_admin"]}";
}
