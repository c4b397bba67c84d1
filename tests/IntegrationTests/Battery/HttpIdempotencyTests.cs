using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;
using Ids = System.Collections.Generic.IReadOnlyDictionary<string, string>;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Every endpoint that honours an Idempotency-Key.</summary>
public sealed class HttpIdempotencyTests(TestHost host)
{
    private const string Key = "battery-the-one-key", Header = "Idempotency-Key";

    [Fact]
    public async Task One_key_has_one_effect()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, idempotency");
        // What a sign-up does, it does to a tenant of its own: its tests look there.
        foreach (var target in arena.OfTenants.Where(target => target.Request is { Policy.TakesKey: true }))
        {
            if (await arena.ReachAsync(target, arena.A) is not { } ids) continue;

            var valid = (await arena.ShotAsync(target, arena.A, ids)).As(await arena.SignedAsync(target, arena.A));
            var keyed = (await arena.ShotAsync(target, arena.A, ids)).As(await arena.SignedAsync(target, arena.A))
                .With(Header, $"{Key} {target.Name}");
            var effect = await EffectAsync(arena, () => arena.FireAsync(target, "another key", valid));
            arena.Check(effect.Length > 0, target, "a valid request", "an effect");

            HttpReply[] replies = [];
            var once = await EffectAsync(
                arena,
                async () => replies = await Task.WhenAll(
                    Enumerable.Range(0, 8).Select(_ => arena.FireAsync(target, "8 at once", keyed))));
            arena.Check(once == effect, target, "8 at once", $"one effect ({effect}), but had ({once})");
            var made = replies.Where(reply => reply.Succeeded && !IsReplayed(reply)).ToList();
            arena.Check(made.Count == 1, target, "8 at once", "one answer that is no replay", replies[0]);
            foreach (var other in replies.Except(made))
                arena.Check(
                    other.Code == "idempotency_in_flight" || (IsReplayed(other) && other.Text == made[0].Text),
                    target, "8 at once", "the same answer, or 409 idempotency_in_flight", other);

            await NothingAsync(arena, target, "again", async () =>
            {
                var again = await arena.FireAsync(target, "again", keyed);
                arena.Check(IsReplayed(again) && again.Text == made[0].Text, target, "again", made[0].Text, again);
            });
            var others = await OtherBodiesAsync(arena, target, ids);
            await NothingAsync(arena, target, "another body", async () =>
            {
                foreach (var other in others)
                {
                    var reply = await arena.FireAsync(target, "another body", keyed.WithBody(other));
                    arena.Check(
                        reply is { Status: 422, Code: "idempotency_key_reused", IsProblem: true },
                        target, "another body", "422 idempotency_key_reused", reply);
                }
            });

            var later = await EffectAsync(arena, async () =>
            {
                await arena.Api.ExecuteAsync(
                    "update idempotency_keys set created_at = created_at - interval '25 hours' where org_id = $1",
                    arena.A.Id.Value);
                var reply = await arena.FireAsync(target, "a day later", keyed);
                if (HttpArena.HasUnique(target))
                    arena.Check(reply.Status == 409, target, "a day later", "409: it is there already", reply);
                else arena.Check(
                    reply.Succeeded && !IsReplayed(reply) && reply.Text != made[0].Text,
                    target, "a day later", "a new answer", reply);
            });
            arena.Check(
                WithoutKeys(later) == (HttpArena.HasUnique(target) ? "" : WithoutKeys(effect)),
                target, "a day later", $"an effect ({effect}), not ({later})");
            block.Count(target.Name, 12);
            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Another_tenants_key_is_another_key()
    {
        var (arena, other) = (await HttpArena.SetAsync(host), await HttpArena.SetAsync(host));
        using var block = Tally.Start("HTTP, idempotency of another tenant");
        foreach (var target in arena.OfTenants.Where(target => target.Request!.Policy.TakesKey))
        {
            if (await arena.ReachAsync(target, arena.A) is not { } ids
                || await other.ReachAsync(target, other.A) is not { } theirs)
                continue;

            var mine = await arena.ShotAsync(target, arena.A, ids);
            var first = await FireAsync(arena, mine);
            var second = await FireAsync(other, await other.ShotAsync(target, other.A, theirs));
            var again = await FireAsync(arena, mine);
            arena.Check(
                second.Succeeded && !IsReplayed(second), target, "another tenant's key", "its own answer", second);
            arena.Check(IsReplayed(again) && again.Text == first.Text, target, "its own key", first.Text, again);
            block.Count(target.Name, 3);

            Task<HttpReply> FireAsync(HttpArena of, HttpShot shot) => of.FireAsync(
                target, "the same key", shot.With(Header, $"{Key} {target.Name}").As(of.Token));
        }

        await arena.HoldsAsync(block);
        await other.CheckBAsync("at the end");
        other.Findings.ShouldBeEmpty();
    }

    private static bool IsReplayed(HttpReply reply) => reply.Header("Idempotency-Replayed") == "true";

    /// <summary>A later effect overwrites the key's row; a first one adds it.</summary>
    private static string WithoutKeys(string effect) =>
        string.Join(' ', effect.Split(", ").Where(part => !part.StartsWith("idempotency_", StringComparison.Ordinal)));

    /// <summary>By how much each table and each used quota of A grew.</summary>
    private static async Task<string> EffectAsync(HttpArena arena, Func<Task> act)
    {
        var before = await arena.Catalogue.CountsAsync(arena.A.Id);
        await act();
        var after = await arena.Catalogue.CountsAsync(arena.A.Id);
        return string.Join(", ", after.Where(pair => pair.Value != before[pair.Key])
            .Select(pair => $"{pair.Key} {pair.Value - before[pair.Key]:+0;-0}").Order(StringComparer.Ordinal));
    }

    private static async Task NothingAsync(HttpArena arena, HttpTarget target, string what, Func<Task> act)
    {
        var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
        await act();
        await arena.CheckUnchangedAsync(arena.A, before, target, what);
    }

    /// <summary>Bodies as valid that say something else: one for each text that may be longer by a letter.</summary>
    private static async Task<IReadOnlyList<string>> OtherBodiesAsync(HttpArena arena, HttpTarget target, Ids ids)
    {
        if (target.IsUpload)
            return [HttpUpload.Body(arena.Secret, "another.gif"), HttpUpload.Body("another word")];

        if (target.Body is null) return [];

        var (schema, body) = (arena.SchemaOf(target), await arena.BodyAsync(target, arena.A));
        var others = new List<string>();
        foreach (var member in schema.Members.Where(m => m is { Type: "string", Path.Length: 1, Format: null }))
        {
            if (body[member.Path[0]] is not JsonValue value || !value.TryGetValue<string>(out var text)) continue;

            var other = schema.Put(body, member, text + "x").ToJsonString();
            var probe = (await arena.ShotAsync(target, arena.A, ids)).WithBody(other);
            if ((await arena.FireAsync(target, "probe", probe.As(arena.Token))).Succeeded) others.Add(other);
        }

        arena.Check(others.Count > 0, target, "another body", "a member that may say something else");
        return others;
    }
}
