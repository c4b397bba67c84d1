using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Every endpoint of a tenant with every role, on every plan, in every state.</summary>
public sealed class HttpGateTests(TestHost host)
{
    [Fact]
    public async Task A_role_opens_what_its_permissions_say()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, roles");
        foreach (var (role, permissions) in BuiltInRoles.All)
        {
            // One token for each: some endpoints end the session.
            var tokens = new Dictionary<string, string>();
            foreach (var target in arena.OfTenants) tokens[target.Name] = (await arena.A.AsAsync(role)).Token!;
            var targets = arena.OfTenants.Where(target => !HttpArena.IsAboutTheEnd(target)).ToList();
            var (allowed, denied) = (targets.Where(MayUse), targets.Where(target => !MayUse(target)));
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            foreach (var target in denied)
            {
                var reply = await FireAsync(target);
                arena.Check(
                    reply is { Status: 403, Code: "permission_denied", IsProblem: true }
                        && reply.TextOf("permission") == target.Request!.Policy.Permission,
                    target, role, "403 permission_denied", reply);
                await arena.CheckUnchangedAsync(arena.A, before, target, role);
            }

            foreach (var target in allowed)
            {
                // Some endpoints end all sessions of the person.
                tokens[target.Name] = (await arena.A.AsAsync(role)).Token!;
                var reply = await FireAsync(target, isReady: true);
                arena.Check(reply.Status is not (400 or 401 or 403), target, role, "to be let in", reply);
            }

            await arena.CheckBAsync(role);

            bool MayUse(HttpTarget target) =>
                target.IsPublic || target.Request!.Policy.Permission is var needed
                && (needed.Length == 0 || permissions.Contains(needed) || permissions.Contains(Permissions.All));

            async Task<HttpReply> FireAsync(HttpTarget target, bool isReady = false)
            {
                block.Count(target.Name);
                var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
                if (isReady)
                    shot = await arena.ReadyAsync(
                        target, arena.A, target.IsPublic ? BuiltInRoles.SuperAdmin : role, shot);
                return await arena.FireAsync(target, role, shot.As(tokens[target.Name]));
            }
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task A_plan_opens_what_its_features_say()
    {
        var arena = await HttpArena.SetAsync(host, host.Api);
        using var block = Tally.Start("HTTP, plans");
        foreach (var tier in Enum.GetValues<Tier>())
        {
            var tenant = await host.NewTenantAsync(tier);
            var features = await host.Api.QueryAsync<string[]>(
                "select features from plans where tier = $1", Wire.Text(tier));
            foreach (var target in arena.OfTenants)
            {
                var (feature, token) = (target.Request!.Policy.Feature, await arena.SignedAsync(target, tenant));
                var shot = await arena.ReadyAsync(
                    target, tenant, BuiltInRoles.SuperAdmin, (await arena.ShotAsync(target, tenant)).As(token));
                var before = await arena.Catalogue.SumsWithoutDenialsAsync(tenant.Id);
                var reply = await arena.FireAsync(target, $"{tier}", shot);
                block.Count(target.Name);
                if (feature is Feature.None || features.Contains(Wire.Text(feature)))
                {
                    arena.Check(reply.Status is not (401 or 403), target, $"{tier}", "to be let in", reply);
                    continue;
                }

                arena.Check(
                    reply is { Status: 403, Code: "feature_not_in_plan", IsProblem: true }
                        && reply.TextOf("feature") == Wire.Text(feature) && reply.TextOf("plan") == Wire.Text(tier)
                        && reply.TextOf("requiredPlan") is not null,
                    target, $"{tier}", "403 feature_not_in_plan", reply);
                await arena.CheckUnchangedAsync(tenant, before, target, $"{tier}");
            }

            await arena.CheckBAsync($"{tier}");
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task A_state_leaves_open_what_the_lifecycle_says()
    {
        var arena = await HttpArena.SetAsync(host, host.Api);
        var now = TimeProvider.System.Now();
        using var block = Tally.Start("HTTP, lifecycle states");
        foreach (var (state, reason, trialEnds) in States(now))
        {
            var tenant = await host.NewTenantAsync();
            // By hand, and before the API has seen the tenant: no command leads into all of these states.
            await host.Api.ExecuteAsync(
                "update organizations set state = $2, suspension_reason = $3, trial_ends_at = $4 where id = $1",
                tenant.Id.Value, Wire.Text(state), (object?)reason?.ToString().ToLowerInvariant() ?? DBNull.Value,
                (object?)trialEnds?.UtcDateTime ?? DBNull.Value);
            var (effective, why) = state is TenantState.Trial && trialEnds <= now
                ? (TenantState.Suspended, SuspensionReason.Billing)
                : (state, reason);
            foreach (var target in arena.OfTenants)
                foreach (var role in new[] { BuiltInRoles.SuperAdmin, BuiltInRoles.Viewer })
                    await FireAsync(
                        tenant, target, role, $"{state} {reason} until {trialEnds:u}, {role}", effective, why);
            await arena.CheckBAsync($"{state}");
        }

        await arena.HoldsAsync(block);

        async Task FireAsync(
            TestTenant tenant, HttpTarget target, string role, string what, TenantState state, SuspensionReason? reason)
        {
            var token = (await tenant.AsAsync(role)).Token;
            var shot = (await arena.ShotAsync(target, tenant)).As(token);
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(tenant.Id);
            var reply = await arena.FireAsync(target, what, shot);
            block.Count(target.Name);
            var needed = Gate.Needed(target.Request!.Policy, target.IsCommand);
            if (TenantLifecycle.Allows(state, reason, needed))
            {
                arena.Check(
                    reply.Status != 401 && reply.Code?.StartsWith("tenant_", StringComparison.Ordinal) is not true,
                    target, what, "to be let in", reply);
                return;
            }

            if (state is TenantState.Purged)
            {
                var unknown = await arena.FireAsync(target, what, shot with { Host = $"{tenant.Slug}x.localhost" });
                arena.Check(reply.Code == "tenant_not_found", target, what, "tenant_not_found", reply);
                arena.CheckSame(target, what, reply, unknown);
            }
            else
            {
                var expected = TenantErrors.NotAllowed(state, reason, default);
                arena.Check(
                    reply.Status == Problem.StatusOf(expected.Kind) && reply.Code == expected.Code && reply.IsProblem
                        && reply.TextOf("reason") == (expected.Extensions.GetValueOrDefault("reason") as string),
                    target, what, expected.Code, reply);
            }

            await arena.CheckUnchangedAsync(tenant, before, target, what);
        }
    }

    private static IEnumerable<(TenantState State, SuspensionReason? Reason, DateTimeOffset? TrialEnds)> States(
        DateTimeOffset now)
    {
        foreach (var state in Enum.GetValues<TenantState>())
        {
            if (state is TenantState.Suspended)
                foreach (var reason in Enum.GetValues<SuspensionReason>()) yield return (state, reason, null);
            else if (state is TenantState.Trial)
                foreach (var days in new[] { -1, 1 }) yield return (state, null, now.AddDays(days));
            else
                yield return (state, null, null);
        }
    }
}
