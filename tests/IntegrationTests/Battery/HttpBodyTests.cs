using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>The longest of the blocks of nonsense, in a class of its own so that it runs beside the others.</summary>
public sealed class HttpBodyTests(TestHost host)
{
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
            foreach (var (number, (what, body, media)) in cases.Index())
            {
                var shot = valid with { Body = body, MediaType = media ?? valid.MediaType ?? "application/json" };
                if (target.Request!.Policy.TakesKey) shot = shot.With("Idempotency-Key", $"fuzz-{number}");
                var reply = await arena.FireAsync(target, what, shot);
                HttpFuzzTests.CheckProblem(arena, target, what, reply);
                block.Count(target.Name);
                if (reply.Succeeded) before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
                else await arena.CheckUnchangedAsync(arena.A, before, target, what);
            }

            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }
}
