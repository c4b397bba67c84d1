using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Members that a client does not write, in every object of every body.</summary>
public sealed class HttpMassAssignmentTests(TestHost host)
{
    [Fact]
    public async Task What_only_the_server_writes_is_an_unknown_member()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, mass assignment");
        foreach (var target in arena.WithBody)
        {
            if (await arena.ReachAsync(target, arena.A) is not { } ids) continue;

            var (schema, token) = (arena.SchemaOf(target), await arena.SignedAsync(target, arena.A));
            var valid = await arena.ShotAsync(target, arena.A, ids);
            var body = JsonNode.Parse(valid.Body!)!.AsObject();
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            foreach (var level in schema.Members.Where(member => member.Type == "object"))
                foreach (var (name, value) in Members(arena))
                {
                    if (level.Schema["properties"]?[name] is not null) continue;

                    var (changed, at) = schema.Open(body, level);
                    at[name] = value.DeepClone();
                    var reply = await arena.FireAsync(
                        target, $"{level.Pointer}/{name}", valid.WithBody(changed.ToJsonString()).As(token));
                    arena.Check(
                        reply is { Status: 400, Code: "validation_failed" } && Names(reply, $"{level.Pointer}/{name}"),
                        target, $"{level.Pointer}/{name}", "400 with unknown_member there", reply);
                    block.Count(target.Name);
                }

            await arena.CheckUnchangedAsync(arena.A, before, target, "members of the server");
            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    private static bool Names(HttpReply reply, string pointer) =>
        reply.Json!["errors"] is JsonArray errors && errors.Any(error =>
            error!["code"]!.GetValue<string>() == "unknown_member" && error["pointer"]!.GetValue<string>() == pointer);

    private static Dictionary<string, JsonNode> Members(HttpArena arena) => new()
    {
        ["org_id"] = arena.B.Id.ToString(),
        ["orgId"] = arena.B.Id.ToString(),
        ["tenantId"] = arena.B.Id.ToString(),
        ["id"] = arena.B.Id.ToString(),
        ["slug"] = "stolen",
        ["tier"] = "enterprise",
        ["plan"] = "enterprise",
        ["status"] = "live",
        ["state"] = "active",
        ["role"] = "super_admin",
        ["roles"] = new JsonArray("super_admin"),
        ["permissions"] = new JsonArray("*"),
        ["features"] = new JsonArray("apiAccess"),
        ["createdAt"] = "2000-01-01T00:00:00Z",
        ["created_at"] = "2000-01-01T00:00:00Z",
        ["updatedAt"] = "2000-01-01T00:00:00Z",
        ["stripeCustomerId"] = "cus_1",
        ["deletedAt"] = "2000-01-01T00:00:00Z",
        ["version"] = 99,
        ["registered"] = 0,
        ["isAdmin"] = true,
        ["is_admin"] = true,
        ["__proto__"] = new JsonObject { ["isAdmin"] = true },
        ["$type"] = "System.Object",
    };
}
