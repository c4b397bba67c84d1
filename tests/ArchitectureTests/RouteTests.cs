using System.Reflection;
using CleanTenancy.Api.Common;
using CleanTenancy.Application;
using CleanTenancy.Application.Common;
using CleanTenancy.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace CleanTenancy.ArchitectureTests;

public sealed class RouteTests
{
    private static readonly Dictionary<string, string> Open = new()
    {
        ["/.well-known/jwks.json"] = "Public keys are public: whoever is given a token may check who signed it.",
        ["/health/live"] = "A probe has no account; the answer says nothing but that the process runs.",
        ["/health/ready"] = "A probe has no account; the answer names rules, never tables or rows.",
        ["/openapi/{documentName}.json"] = "The contract is public; it holds no tenant's data.",
    };

    private static readonly IReadOnlyList<MethodInfo> Maps =
    [
        .. from type in Source.Written(Source.Api)
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           where method.Name.StartsWith("Map", StringComparison.Ordinal)
               && method.GetParameters() is [{ ParameterType: var first }] && first.IsAssignableFrom(typeof(WebApplication))
           select method,
    ];

    private static readonly Lazy<IReadOnlyList<RouteEndpoint>> Routes = new(() => RoutesOf(app =>
    {
        foreach (var map in Maps) map.Invoke(null, [app]);
    }));

    [Fact]
    public void Program_maps_each_feature()
    {
        Maps.Count.ShouldBeGreaterThan(5);
        var program = Repository.Read("src/Api/Program.cs");
        Maps.Select(map => map.Name).Where(name => !program.Contains($"app.{name}();", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Each_route_sends_a_request_or_says_why_it_is_open()
    {
        Routes.Value.ShouldNotBeEmpty();
        Undeclared(Routes.Value).ShouldBeEmpty();
        Routes.Value.Where(route => route.Metadata.GetMetadata<OpenRoute>() is not null)
            .ToDictionary(Pattern, route => route.Metadata.GetMetadata<OpenRoute>()!.Reason).ShouldBe(Open, ignoreOrder: true);
    }

    [Fact]
    public void A_route_that_declares_nothing_or_both_is_seen() =>
        Undeclared(RoutesOf(app =>
        {
            app.MapGet("/silent", () => "");
            app.MapGet("/both", () => "").Sends<Application.Plans.ListPlans>().IsOpen("for no reason at all");
            app.MapGet("/good", () => "").IsOpen("for no reason at all");
        })).ShouldBe(["/silent", "/both"], ignoreOrder: true);

    [Fact]
    public void Each_request_has_one_route()
    {
        var sent = Routes.Value.Select(route => route.Metadata.GetMetadata<RouteRequest>()?.Request).OfType<Type>().ToList();
        sent.ShouldNotBeEmpty();
        sent.ShouldBeUnique();
        var sweeps = Source.Written(Source.Application).Where(type => type.IsClass && type.IsAssignableTo(typeof(ISweep))).ToList();
        sweeps.ShouldNotBeEmpty();
        sent.Intersect(sweeps).ShouldBeEmpty();
        Source.Written(Source.Application).Where(type => type.IsClass && type.IsAssignableTo(typeof(IGuarded)))
            .Except(sent).ShouldBe(sweeps, ignoreOrder: true);
    }

    private static IReadOnlyList<RouteEndpoint> RoutesOf(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Services.AddApplication();
        builder.Services.AddInfrastructure(builder.Configuration);
        builder.Services.AddApi(builder.Configuration);
        var app = builder.Build();
        map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
    }

    private static IEnumerable<string> Undeclared(IEnumerable<RouteEndpoint> routes) =>
        from route in routes
        where route.Metadata.GetMetadata<RouteRequest>() is null == route.Metadata.GetMetadata<OpenRoute>() is null
        select Pattern(route);

    private static string Pattern(RouteEndpoint route) => route.RoutePattern.RawText!;
}
