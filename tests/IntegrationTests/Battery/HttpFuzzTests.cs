using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Ids = System.Collections.Generic.Dictionary<string, string>;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Nonsense in every place that takes something: refused as a problem, without a trace, never a 5xx.</summary>
public sealed class HttpFuzzTests(TestHost host)
{
    [Fact]
    public async Task Nonsense_in_a_query_is_refused_as_a_problem()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, nonsense in queries");
        foreach (var target in arena.Targets.Where(target => target is { Request: not null, IsCommand: false }))
        {
            var shot = (await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A)))
                .As(await arena.SignedAsync(target, arena.A));
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            foreach (var query in QueryFuzz.Of([.. target.Queries]))
            {
                var reply = await arena.FireAsync(target, query, shot with { Path = $"{shot.Path}?{query}" });
                CheckProblem(arena, target, query, reply);
                block.Count(target.Name);
            }

            await arena.CheckUnchangedAsync(arena.A, before, target, "queries");
            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Nonsense_in_a_header_is_no_failure()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, nonsense in headers");
        foreach (var (turn, target) in arena.Targets.Where(target => target.Request is { IsPublic: false }).Index())
        {
            // Read, or aimed at rows that nobody has: what is taken shall have no effect.
            var ids = target.IsCommand ? HttpArena.RandomIds(target) : await arena.AnyIdsAsync(target, arena.A);
            foreach (var name in HeaderFuzz.Common.Concat(target.Headers.Select(header => header.Name)))
            {
                var shot = (await arena.ShotAsync(target, arena.A, ids)).As(await arena.SignedAsync(target, arena.A));
                // What every route reads is read by the same code: each route gets some of the values, all of them get all.
                var values = HeaderFuzz.Common.Contains(name, StringComparer.OrdinalIgnoreCase)
                    ? HeaderFuzz.Values.Where((_, at) => at % 4 == turn % 4)
                    : HeaderFuzz.Values;
                foreach (var value in values)
                {
                    var reply = await arena.FireAsync(target, $"{name}: {value}", shot.With(name, value));
                    CheckProblem(arena, target, $"{name}: {value}", reply);
                    block.Count(target.Name);
                }
            }

            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Nonsense_in_a_path_is_not_found_or_refused()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, nonsense in paths");
        foreach (var target in arena.Targets.Where(target => target.Ids.Count > 0))
        {
            var own = new Ids(await arena.AnyIdsAsync(target, arena.A));
            var signed = await arena.SignedAsync(target, arena.A);
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            foreach (var id in target.Ids)
            {
                var foreign = (await arena.Catalogue.IdsAsync(id.Table, arena.B.Id)).First();
                // Operators may name any tenant, in whatever spelling of its id.
                var known = target.IsPlatform ? [] : PathFuzz.Of(foreign);
                foreach (var value in known.Concat(PathFuzz.Of(Answers.RandomId())))
                {
                    var shot = await arena.ShotAsync(target, arena.A, new Ids(own) { [id.Name] = value });
                    var reply = await arena.FireAsync(target, value, shot.As(signed));
                    CheckProblem(arena, target, value, reply);
                    arena.Check(!reply.Succeeded, target, value, "a refusal", reply);
                    block.Count(target.Name);
                }
            }

            await arena.CheckUnchangedAsync(arena.A, before, target, "paths");
            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    internal static void CheckProblem(HttpArena arena, HttpTarget target, string what, HttpReply reply) => arena.Check(
        reply.Status < 400 || reply.IsProblem || reply.Text.Length == 0, target, what, "a problem document", reply);
}
