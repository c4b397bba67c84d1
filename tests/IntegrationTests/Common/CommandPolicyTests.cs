using System.Net;
using CleanTenancy.Api.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>The policy lines of every command, each with a request that would otherwise work.</summary>
public sealed class CommandPolicyTests(TestHost host)
{
    /// <summary>These have other rules, and tests of their own.</summary>
    private static readonly string[] AboutSigningIn =
    [
        "AcceptInvitation", "EndSession", "RefreshSession", "SignIn", "SignOut", "ChangePassword", "ForgotPassword", "ResetPassword", "StepUp",
        "EnrollTotp", "ConfirmTotp", "DisableTotp", "MakeRecoveryCodes",
        // About the tenant itself, of which there is one.
        "ChangeTenant", "DeleteOwnTenant", "RestoreOwnTenant",
    ];

    public static TheoryData<string> Commands => [.. CommandRoute.All.Select(route => route.Command)];

    public static TheoryData<string> CommandsOfTheActive =>
        [.. CommandRoute.All.Where(route => !route.WorksSuspended).Select(route => route.Command)];

    public static TheoryData<string> CommandsOfAnId => [.. CommandRoute.All.Where(route => route.HasId).Select(route => route.Command)];

    public static TheoryData<string> ConditionalCommands =>
        [.. CommandRoute.All.Where(route => route.IsConditional).Select(route => route.Command)];

    public static TheoryData<string, string> RolesThatMay => Roles(may: true);

    public static TheoryData<string, string> RolesThatMayNot => Roles(may: false);

    [Fact]
    public void No_command_is_forgotten()
    {
        var running = host.Api.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<RouteRequest>())
            .OfType<RouteRequest>()
            .Where(route => route is { IsCommand: true, IsPlatform: false })
            .Select(route => (route.Request.Name, route.Policy.Permission, route.IsConditional))
            .Where(route => !AboutSigningIn.Contains(route.Name))
            .ToList();

        CommandRoute.All.Select(route => (route.Command, route.Permission, route.IsConditional)).ShouldBe(running, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(RolesThatMay))]
    public async Task Who_has_the_permission_does_it_and_it_is_remembered_once(string command, string role)
    {
        var route = CommandRoute.Of(command);
        var tenant = await host.NewTenantAsync();
        var stage = await Stage.WithPeopleAsync(tenant);
        var before = await tenant.DeedsAsync();

        (await route.SendAsync(await tenant.AsAsync(role), stage)).ShouldBe(route.Success);

        (await tenant.DeedsAsync()).ShouldBe([.. before, route.Deed]);
        await tenant.ShouldBalanceAsync();
    }

    [Theory]
    [MemberData(nameof(RolesThatMayNot))]
    public async Task Who_lacks_the_permission_is_refused_and_leaves_no_trace(string command, string role)
    {
        var route = CommandRoute.Of(command);
        var tenant = await host.NewTenantAsync();
        var stage = await Stage.WithPeopleAsync(tenant);
        var client = await tenant.AsAsync(role);
        var before = await tenant.TraceAsync();

        (await route.SendAsync(client, stage)).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied")
            .Get<string>("permission").ShouldBe(route.Permission);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Without_a_token_of_this_tenant_it_is_refused_always_alike_and_leaves_no_trace(string command)
    {
        var route = CommandRoute.Of(command);
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var owner = await tenant.OwnerAsync();
        var stage = await Stage.WithPeopleAsync(tenant);
        string?[] tokens = [null, "", "no-token", owner.Token![..^4] + "AAAA", (await other.OwnerAsync()).Token];
        var before = await tenant.TraceAsync();

        var answers = new List<Answer>();
        foreach (var token in tokens) answers.Add(await route.SendAsync(tenant.Anonymous.With(token), stage));

        answers.Tally().ShouldBe("5 x 401 unauthenticated");
        answers.ShouldAllBe(a => a.Comparable == answers[0].Comparable);
        answers.ShouldAllBe(a => a.Headers.WwwAuthenticate.ToString() == "Bearer");
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(CommandsOfTheActive))]
    public async Task A_suspended_tenants_owner_is_refused_and_leaves_no_trace(string command)
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        (await CommandRoute.Of(command).SendForNobodyAsync(owner))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended").Get<string>("reason").ShouldBe("billing");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(CommandsOfAnId))]
    public async Task Another_tenants_id_is_as_unknown_as_a_random_one_and_nothing_happens_there(string command)
    {
        var route = CommandRoute.Of(command);
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var stage = await Stage.WithPeopleAsync(tenant);
        var stranger = await other.OwnerAsync();
        var (before, othersBefore) = (await tenant.TraceAsync(), await other.TraceAsync());

        var foreign = await route.SendAsync(stranger, stage);
        var random = await route.SendForNobodyAsync(stranger);

        foreign.ShouldBeProblem(HttpStatusCode.NotFound, "not_found").Comparable.ShouldBe(random.Comparable);
        foreign.Headers.Select(h => h.Key).ShouldBe(random.Headers.Select(h => h.Key));
        (await tenant.TraceAsync()).ShouldBe(before);
        (await other.TraceAsync()).ShouldBe(othersBefore);
    }

    [Theory]
    [MemberData(nameof(ConditionalCommands))]
    public async Task Without_the_version_that_was_read_it_is_refused_and_leaves_no_trace(string command)
    {
        var route = CommandRoute.Of(command);
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var stage = await Stage.WithPeopleAsync(tenant);
        var before = await tenant.TraceAsync();

        (await route.SendAsync(owner, stage, ifMatch: null)).ShouldBeProblem(HttpStatusCode.PreconditionRequired, "precondition_required");
        foreach (var stale in new[] { "\"0\"", "\"2\"", "W/\"1\"", "1", "\"01\"" })
            (await route.SendAsync(owner, stage, stale)).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition_failed");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(ConditionalCommands))]
    public async Task Any_version_is_matched_by_a_star_and_one_of_several_by_a_list(string command)
    {
        var route = CommandRoute.Of(command);
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await route.SendAsync(owner, await Stage.WithPeopleAsync(tenant), "*")).ShouldBe(route.Success);
        (await route.SendAsync(owner, await Stage.WithPeopleAsync(tenant), "\"7\", \"1\"")).ShouldBe(route.Success);
    }

    private static TheoryData<string, string> Roles(bool may)
    {
        var data = new TheoryData<string, string>();
        foreach (var route in CommandRoute.All)
            foreach (var (role, permissions) in BuiltInRoles.All)
                if ((permissions.Contains(route.Permission) || permissions.Contains(Permissions.All)) == may)
                    data.Add(route.Command, role);
        return data;
    }
}
