using System.Net;
using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Routes;

/// <summary>Walks the running endpoint table: nobody is let in by silence.</summary>
public sealed class RouteTests(TestHost host)
{
    private static readonly string[] OpenRoutes =
    [
        "GET /.well-known/jwks.json", "GET /health/live", "GET /health/ready", "GET /openapi/{documentName}.json",
    ];

    private static readonly string[] PublicRoutes =
    [
        "GET /v1/bootstrap", "GET /v1/plans", "POST /v1/auth/login", "POST /v1/auth/refresh",
        "POST /v1/auth/password/forgot", "POST /v1/auth/password/reset",
        "POST /v1/invitations/accept",
        "POST /v1/platform/auth/login", "POST /v1/platform/auth/refresh",
        "POST /v1/signup", "POST /v1/signup/activate", "GET /v1/signup/slug-availability", "GET /v1/signup/{tenantId}/status",
    ];

    [Fact]
    public void Every_route_declares_its_request_or_why_it_is_open()
    {
        foreach (var route in RouteTable.Of(host.Api))
        {
            var (guarded, open) = (route.Endpoint.Metadata.GetOrderedMetadata<RouteRequest>(), route.Endpoint.Metadata.GetOrderedMetadata<OpenRoute>());
            (guarded.Count + open.Count).ShouldBe(1, route.Name);
            if (open.Count == 1) open[0].Reason.Length.ShouldBeGreaterThan(20, route.Name);
        }
    }

    [Fact]
    public void Only_these_routes_are_open() =>
        RouteTable.Of(host.Api).Where(route => route.Request is null).Select(route => route.Name).ShouldBe(OpenRoutes, ignoreOrder: true);

    [Fact]
    public void Only_these_routes_ask_for_no_token() =>
        RouteTable.Of(host.Api).Where(route => route.Request is { IsPublic: true }).Select(route => route.Name)
            .ShouldBe(PublicRoutes, ignoreOrder: true);

    [Fact]
    public async Task Every_other_route_answers_401_without_a_token()
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.TraceAsync();
        var guarded = RouteTable.Of(host.Api).Where(route => route.Request is { IsPublic: false }).ToList();
        guarded.Count.ShouldBeGreaterThan(15);

        foreach (var route in guarded)
        {
            var client = route.Request!.IsPlatform ? host.Api.Platform : tenant.Anonymous;
            var answer = await client.SendAsync(new HttpMethod(route.Method), route.Path, content: null);
            answer.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer", route.Name);
        }

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_route_of_one_kind_of_host_is_not_found_on_the_other()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        foreach (var route in RouteTable.Of(host.Api).Where(route => route.Request is not null))
        {
            var client = route.Request!.IsPlatform ? owner : host.Api.Platform.With(owner.Token);
            (await client.SendAsync(new HttpMethod(route.Method), route.Path, content: null))
                .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        }
    }

    [Fact]
    public void Every_request_is_sent_by_exactly_one_route()
    {
        var requests = typeof(IGuarded).Assembly.GetTypes()
            .Where(type => type is { IsInterface: false, IsAbstract: false } && type.IsAssignableTo(typeof(IGuarded))
                && !type.IsAssignableTo(typeof(ISweep)));

        RouteTable.Of(host.Api).Where(route => route.Request is not null).Select(route => route.Request!.Request.Name)
            .ShouldBe(requests.Select(type => type.Name), ignoreOrder: true);
    }

    /// <summary>Queries that are asked with a body, as the contract has it: they change nothing all the same.</summary>
    private static readonly string[] AskedByPost = ["PreviewPlanChange", "PreviewEmailTemplate"];

    [Fact]
    public void A_command_is_not_reached_by_GET_and_a_query_by_nothing_else()
    {
        foreach (var route in RouteTable.Of(host.Api).Where(route => route.Request is not null))
            (route.Method == "GET").ShouldBe(
                !route.Request!.IsCommand && !AskedByPost.Contains(route.Request.Request.Name), route.Name);
        RouteTable.Of(host.Api).Select(route => route.Request?.Request.Name).ShouldContain(AskedByPost[0]);
    }

    [Fact]
    public void No_two_routes_answer_the_same()
    {
        var names = RouteTable.Of(host.Api).Select(route => route.Name).ToList();

        names.Distinct().Count().ShouldBe(names.Count);
    }
}

/// <summary>The API's routes as it runs.</summary>
internal static class RouteTable
{
    /// <param name="Method">GET, POST ...</param>
    /// <param name="Pattern">With parameters in braces, without their constraints.</param>
    /// <param name="Request">Null for an open route.</param>
    internal sealed record Row(string Method, string Pattern, RouteRequest? Request, RouteEndpoint Endpoint)
    {
        public string Name => $"{Method} {Pattern}";

        /// <summary>The pattern with an unknown id in it.</summary>
        public string Path => Pattern.Replace("{id}", "01900000-0000-7000-8000-000000000000", StringComparison.Ordinal);
    }

    public static IReadOnlyList<Row> Of(TestApi api) =>
    [
        .. from endpoint in api.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>()
           from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
           let pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace(":guid", "", StringComparison.Ordinal)
           orderby pattern, method
           select new Row(method, pattern, endpoint.Metadata.GetMetadata<RouteRequest>(), endpoint),
    ];
}
