using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Ids = System.Collections.Generic.Dictionary<string, string>;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Ids of another tenant's rows, wherever a request names a row.</summary>
public sealed class HttpIdTests(TestHost host)
{
    [Fact]
    public async Task In_a_path_another_tenants_id_is_as_unknown_as_a_random_one()
    {
        var arena = await HttpArena.SetAsync(host);
        var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
        using var block = Tally.Start("HTTP, foreign ids in paths");
        foreach (var target in arena.OfTenants.Where(target => target.Ids.Count > 0))
        {
            var own = await arena.AnyIdsAsync(target, arena.A);
            foreach (var id in target.Ids)
                foreach (var tag in new[] { "*", "\"1\"" }) // neither condition is looked at before the row is found
                {
                    var random = await FireAsync(target, own, id, tag, Answers.RandomId());
                    foreach (var foreign in (await arena.Catalogue.IdsAsync(id.Table, arena.B.Id)).Take(3))
                    {
                        var reply = await FireAsync(target, own, id, tag, foreign);
                        arena.CheckSame(target, $"B's {id.Name}", reply, random);
                        block.Count(target.Name, 2);
                    }
                }

            await arena.CheckBAsync(target.Name);
            await arena.CheckUnchangedAsync(arena.A, before, target, "foreign ids");
        }

        await arena.HoldsAsync(block);

        async Task<HttpReply> FireAsync(
            HttpTarget target, IReadOnlyDictionary<string, string> own, PathId id, string tag, Guid value)
        {
            var shot = (await arena.ShotAsync(target, arena.A, new Ids(own) { [id.Name] = value.ToString() }))
                .With(target.IsCommand ? "If-Match" : "If-None-Match", tag);
            var reply = await arena.FireAsync(target, $"{id.Name} {value}", shot.As(arena.Token));
            arena.Check(
                reply is { Status: 404, Code: "not_found", IsProblem: true },
                target, $"{id.Name} {value}, {tag}", "404 not_found", reply);
            return reply;
        }
    }

    [Fact]
    public async Task A_child_is_found_under_its_own_parent_only()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, children of other parents");
        foreach (var target in arena.OfTenants.Where(target => target.Ids.Count > 1))
        {
            var all = await arena.OwnIdsAsync(target, arena.A);
            var (child, parent) = (target.Ids[^1], target.Ids[^2]);
            var own = all[0];
            var other = all.FirstOrDefault(ids => ids[parent.Name] != own[parent.Name])
                ?? throw new InvalidOperationException($"{target.Name}: the stage has children of one parent only.");
            var foreign = (await arena.OwnIdsAsync(target, arena.B))[0];
            foreach (var (what, ids) in new[]
            {
                ("own child of another parent", new Ids(own) { [child.Name] = other[child.Name] }),
                ("B's child under an own parent", new Ids(own) { [child.Name] = foreign[child.Name] }),
                ("own child under B's parent", new Ids(foreign) { [child.Name] = own[child.Name] }),
            })
            {
                var shot = await arena.ShotAsync(target, arena.A, ids);
                var reply = await arena.FireAsync(target, what, shot.As(arena.Token));
                arena.Check(reply is { Status: 404, Code: "not_found" }, target, what, "404", reply);
                block.Count(target.Name);
            }
        }

        // No route of today names two rows: nothing to count is no failure here.
        if (arena.OfTenants.Any(target => target.Ids.Count > 1)) await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Another_tenants_cursor_leads_to_own_rows_only()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, foreign cursors");
        foreach (var target in arena.OfTenants.Where(target => target.Queries.Any(query => query.Name == "cursor")))
        {
            var own = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            var cursors = 0;
            foreach (var ids in await arena.OwnIdsAsync(target, arena.B))
            {
                var list = (await arena.ShotAsync(target, arena.B, ids)).As(arena.TokensOfB["super_admin"]);
                var page = await (list with { Path = $"{list.Path}?limit=1" }).SendAsync(arena.Api);
                if (page.TextOf("nextCursor") is not { } cursor) continue;

                cursors++;
                var shot = own.As(arena.Token) with { Path = $"{own.Path}?cursor={Uri.EscapeDataString(cursor)}" };
                var reply = await arena.FireAsync(target, "B's cursor", shot);
                arena.Check(reply.Status == 200, target, "B's cursor", "a page", reply);
                block.Count(target.Name);
            }

            arena.Check(cursors > 0, target, "B's cursor", "that the stage has two rows of B on this list");
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task In_a_body_or_a_query_another_tenants_id_is_as_unknown_as_a_random_one()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, foreign ids in bodies and queries");
        var members = 0;
        foreach (var target in arena.OfTenants)
        {
            var own = await arena.AnyIdsAsync(target, arena.A);
            foreach (var (member, table) in arena.BodyIds(target))
            {
                var schema = arena.SchemaOf(target);
                await CompareAsync(target, member.Pointer, table, async id =>
                {
                    var shot = await arena.ShotAsync(target, arena.A, own);
                    return shot.WithBody(schema.Put(await arena.BodyAsync(target, arena.A), member, id).ToJsonString());
                });
            }

            foreach (var (name, schema) in target.Queries)
            {
                if (schema["format"]?.GetValue<string>() != "uuid") continue;

                var table = TableNames.Find(name, arena.Catalogue) ?? throw new InvalidOperationException(
                    $"{target.Name}: ?{name} is the id of a row, but of which table? Say so in TableNames.");
                await CompareAsync(target, $"?{name}", table, async id =>
                {
                    var shot = await arena.ShotAsync(target, arena.A, own);
                    return shot with { Path = $"{shot.Path}?{name}={id}" };
                });
            }

            await arena.CheckBAsync(target.Name);
        }

        // No request of today has one; IdMembersTests shows that they would be found.
        if (members > 0) await arena.HoldsAsync(block);

        async Task CompareAsync(HttpTarget target, string what, string table, Func<Guid, Task<HttpShot>> make)
        {
            members++;
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            var random = await arena.FireAsync(target, what, (await make(Answers.RandomId())).As(arena.Token));
            foreach (var foreign in (await arena.Catalogue.IdsAsync(table, arena.B.Id)).Take(3))
            {
                var reply = await arena.FireAsync(target, what, (await make(foreign)).As(arena.Token));
                arena.CheckSame(target, what, reply, random);
                // A list that is filtered by an unknown id is empty; whatever acts on it refuses.
                arena.Check(!target.IsCommand || reply.Status is 404 or 422, target, what, "404 or 422", reply);
                block.Count(target.Name, 2);
            }

            await arena.CheckUnchangedAsync(arena.A, before, target, what);
        }
    }
}
