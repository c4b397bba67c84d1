using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>The longest of the blocks of nonsense, in a class of its own so that it runs beside the others.</summary>
public sealed class HttpBodyTests(TestHost host)
{
    /// <summary>Looking for traces takes longer than the request: for so many it is done once.</summary>
    private const int AtATime = 12;

    [Fact]
    public async Task Nonsense_in_a_body_is_refused_as_a_problem_and_without_a_trace()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, nonsense in bodies");
        foreach (var target in arena.Targets.Where(target => target.Request is not null))
        {
            var ids = target.Body is null
                ? HttpArena.RandomIds(target)
                : await arena.ReachAsync(target, arena.A);
            if (ids is null) continue;

            var valid = (await arena.ShotAsync(target, arena.A, ids)).As(await arena.SignedAsync(target, arena.A));
            var cases = target.Body is null
                ? BodyFuzz.WhereNoneIsExpected()
                : BodyFuzz.Of(
                    HttpArena.IsGoodOnce(target) ? target.Example! : JsonNode.Parse(valid.Body!)!.AsObject(),
                    arena.SchemaOf(target));
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            var refused = new List<(string What, HttpShot Shot)>();
            foreach (var (number, (what, body, media)) in cases.Index())
            {
                var shot = valid with { Body = body, MediaType = media ?? valid.MediaType ?? "application/json" };
                if (target.Request!.Policy.TakesKey) shot = shot.With("Idempotency-Key", $"fuzz-{number}");
                var reply = await FireAsync(what, shot);
                if (!reply.Succeeded)
                {
                    refused.Add((what, shot));
                    if (refused.Count == AtATime) await CheckAsync();
                    continue;
                }

                // What it has changed would hide a trace of those before it: they are sent once more, and may be taken now.
                do before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
                while (await TakeAsync() > 0);
            }

            await CheckAsync();
            await arena.CheckBAsync(target.Name);

            async Task<HttpReply> FireAsync(string what, HttpShot shot)
            {
                var reply = await arena.FireAsync(target, what, shot);
                HttpFuzzTests.CheckProblem(arena, target, what, reply);
                block.Count(target.Name);
                return reply;
            }

            async Task<int> TakeAsync()
            {
                var taken = new HashSet<HttpShot>();
                foreach (var (what, shot) in refused)
                    if ((await FireAsync(what, shot)).Succeeded) taken.Add(shot);
                return refused.RemoveAll(one => taken.Contains(one.Shot));
            }

            async Task CheckAsync()
            {
                await arena.CheckUnchangedAsync(
                    arena.A, before, target, string.Join("; or ", refused.Select(one => one.What)));
                refused.Clear();
            }
        }

        await arena.HoldsAsync(block);
    }
}
