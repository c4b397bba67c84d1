using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

/// <summary>
/// Random deeds of many people, two at a time: a tenant never lacks an active super_admin, and nobody has more than
/// whoever gave it to them had.
/// </summary>
public sealed class PeoplePropertyTests(TestHost host)
{
    private const int Sequences = 200, Tenants = 10, Steps = 6;

    private static readonly string[] Roles =
        [BuiltInRoles.SuperAdmin, BuiltInRoles.Admin, BuiltInRoles.Viewer, "hr", "billing", "hr billing"];

    [Fact]
    public async Task Two_hundred_sequences_of_grants_and_removals_leave_an_owner_and_nobody_with_too_much()
    {
        var outcomes = new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Tenants), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (number, _) =>
            {
                var crowd = await Crowd.GatherAsync(await host.NewTenantAsync(Domain.Plans.Tier.Enterprise));
                for (var sequence = 0; sequence < Sequences / Tenants; sequence++)
                    foreach (var status in await crowd.RunAsync(new Random((number * 1000) + sequence), Steps)) outcomes.Add(status);
            });

        // A run in which all were refused, or none, would show nothing.
        outcomes.Count.ShouldBe(Sequences * Steps * 2);
        outcomes.Count(status => (int)status < 300).ShouldBeGreaterThan(200);
        outcomes.ShouldContain(HttpStatusCode.Forbidden);
        outcomes.ShouldContain(HttpStatusCode.Conflict);
        outcomes.Distinct().ShouldBeSubsetOf(
        [
            HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.Forbidden, HttpStatusCode.Conflict,
            HttpStatusCode.Unauthorized,
        ]);
    }

    /// <summary>People of one tenant, each of whom may be done something to by each.</summary>
    private sealed class Crowd(TestTenant tenant, IReadOnlyList<User> people)
    {
        public static async Task<Crowd> GatherAsync(TestTenant tenant)
        {
            var owner = await tenant.OwnerAsync();
            foreach (var (name, permissions) in new[]
            {
                ("hr", new[] { "members:read", "members:write" }), ("billing", ["billing:write"]),
                ("hr billing", ["members:read", "members:write", "billing:write"]),
            }) (await owner.PostAsync("/v1/roles", Sample.Role(name, permissions))).ShouldBe(HttpStatusCode.Created);
            var people = new List<User> { tenant.User(BuiltInRoles.SuperAdmin) };
            foreach (var role in Roles) people.Add(await tenant.AddMemberAsync(role));
            return new Crowd(tenant, people);
        }

        public async Task<IReadOnlyList<HttpStatusCode>> RunAsync(Random random, int steps)
        {
            var outcomes = new List<HttpStatusCode>();
            for (var step = 0; step < steps; step++)
            {
                var before = await PermissionsAsync();
                var deeds = new[] { await NextAsync(random), await NextAsync(random) };

                var answers = await Task.WhenAll(deeds.Select(deed => deed.Act()));

                var after = await PermissionsAsync();
                var (said, what) = (answers.Tally(), string.Join(" | ", deeds.Select(deed => deed.What)));
                foreach (var answer in answers) answer.Status.ShouldNotBe(HttpStatusCode.InternalServerError, what);
                await ChangeMemberTests.ShouldHaveOwnerAsync(tenant);
                NobodyGainedBeyond(deeds, answers, before, after, $"{what}: {said}");
                outcomes.AddRange(answers.Select(answer => answer.Status));
            }

            await tenant.ShouldBalanceAsync();
            return outcomes;
        }

        /// <summary>What anybody has now and had not before came from one who had it before, or got it at the same time.</summary>
        private static void NobodyGainedBeyond(
            Deed[] deeds, Answer[] answers, Dictionary<Guid, HashSet<string>> before, Dictionary<Guid, HashSet<string>> after,
            string what)
        {
            foreach (var (member, has) in after)
            {
                var gained = has.Except(before.GetValueOrDefault(member, [])).ToHashSet();
                if (gained.Count == 0) continue;

                var givers = deeds.Zip(answers).Where(pair => pair.First.Whom == member && (int)pair.Second.Status < 300)
                    .Select(pair => before.GetValueOrDefault(pair.First.Who, []).Union(after.GetValueOrDefault(pair.First.Who, [])).ToHashSet())
                    .ToList();
                gained.ShouldAllBe(permission => givers.Any(had => had.Contains("*") || had.Contains(permission)), what);
            }
        }

        private async Task<Deed> NextAsync(Random random)
        {
            var (who, whom) = (people[random.Next(people.Count)], people[random.Next(people.Count)]);
            var (path, role) = ($"/v1/members/{whom.Id}", Roles[random.Next(Roles.Length)]);
            // A token of somebody who is suspended or removed opens nothing: then the answer is 401.
            var client = await tenant.AsAsync(who);
            // What makes people many again is drawn more often, so that a tenant does not run dry.
            return random.Next(10) switch
            {
                < 4 => new(who.Id.Value, whom.Id.Value, $"grants {role}", () => client.PatchAsync(path, new { roles = new[] { role } }, "*")),
                4 => new(who.Id.Value, whom.Id.Value, "suspends", () => client.PatchAsync(path, new { status = "suspended" }, "*")),
                5 or 6 => new(who.Id.Value, whom.Id.Value, "reinstates", () => client.PatchAsync(path, new { status = "active" }, "*")),
                7 => new(who.Id.Value, whom.Id.Value, "removes", () => client.DeleteAsync(path, "*")),
                _ => new(who.Id.Value, whom.Id.Value, "restores", () => client.PostAsync($"{path}/restore")),
            };
        }

        /// <summary>What each active member may, from underneath the fence.</summary>
        private async Task<Dictionary<Guid, HashSet<string>>> PermissionsAsync() =>
            JsonNode.Parse(await tenant.Api.QueryAsync<string>(
                """
                select coalesce(jsonb_object_agg(id, permissions), '{}')::text from (
                  select u.id, jsonb_agg(distinct p.permission) as permissions
                  from users u join user_roles l on l.org_id = u.org_id and l.user_id = u.id
                  join roles r on r.org_id = l.org_id and r.id = l.role_id, unnest(r.permissions) as p(permission)
                  where u.org_id = $1 and u.status = 'active' group by u.id) as active
                """,
                tenant.Id.Value))!.AsObject().ToDictionary(
                    pair => Guid.Parse(pair.Key),
                    pair => pair.Value!.AsArray().Select(permission => permission!.GetValue<string>()).ToHashSet());

        private sealed record Deed(Guid Who, Guid Whom, string What, Func<Task<Answer>> Act);
    }
}
