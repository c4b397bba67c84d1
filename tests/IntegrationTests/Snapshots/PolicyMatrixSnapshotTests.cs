using System.Text;
using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Routes;

namespace CleanTenancy.IntegrationTests.Snapshots;

/// <summary>docs/policy-matrix.md: who may do what, as the running endpoint table says (ADR 0017).</summary>
public sealed class PolicyMatrixSnapshotTests(TestHost host)
{
    [Fact]
    public async Task The_policy_matrix_is_the_one_committed()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Policy matrix

            Generated from the endpoint table: `./dev snapshots` writes it, a test compares it (ADR 0017). An empty cell is
            "none". Roles are the built-in ones whose permissions suffice; "state" is what the tenant's state must allow;
            "person" refuses API keys, "step up" also operators who act for somebody and who signed in too long ago.

            | method and path | request | host | permission | feature | quota | releases | audit | idempotent | If-Match | state | person | roles |
            | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var route in RouteTable.Of(host.Api).Where(route => route.Request is not null)) page.Append(Line(route));

        page.Append(
            """

            ## Open routes

            These send no request, hold no tenant's data, and answer everybody on any host that answers.

            | method and path | why |
            | --- | --- |

            """);
        foreach (var route in RouteTable.Of(host.Api).Where(route => route.Request is null))
            page.Append("| ").Append(route.Name).Append(" | ").Append(route.Endpoint.Metadata.GetMetadata<OpenRoute>()!.Reason).Append(" |\n");

        await Repository.ShouldHoldAsync("docs/policy-matrix.md", page.ToString());
    }

    private static string Line(RouteTable.Row route)
    {
        var (request, policy) = (route.Request!, route.Request!.Policy);
        var state = policy.Capability ?? (request.IsCommand ? Capability.Change : Capability.Read);
        string[] cells =
        [
            route.Name,
            request.Request.Name,
            request.IsPlatform ? "platform" : "tenant",
            policy.Permission,
            policy.Feature is Feature.None ? "" : Wire.Text(policy.Feature),
            (policy.Quota, policy.OwnQuota) switch
            {
                (Quota.None, Quota.None) => "",
                (Quota.None, var own) => $"{Wire.Text(own)}, its size",
                var (one, _) => Wire.Text(one),
            },
            string.Join(", ", policy.Releases.Select(Wire.Text)),
            policy.Audit,
            policy.TakesKey ? "yes" : "",
            request.IsConditional ? "yes" : "",
            request.IsPlatform ? "" : Wire.Text(state),
            policy.StepUp ? "step up" : policy.PersonOnly ? "person" : "",
            Roles(request),
        ];
        return $"| {string.Join(" | ", cells)} |\n".Replace("  |", " |", StringComparison.Ordinal);
    }

    private static string Roles(RouteRequest request)
    {
        if (request.IsPublic) return "public";
        if (request.IsPlatform) return "operators";
        if (request.Policy.Permission == Permissions.None) return "every member";

        return string.Join(", ", BuiltInRoles.All
            .Where(role => role.Value.Contains(Permissions.All) || role.Value.Contains(request.Policy.Permission))
            .Select(role => role.Key));
    }
}
