using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Api.Common;

/// <summary>The request that a route sends: everything the edge and the documents need to know of it.</summary>
internal sealed record RouteRequest(
    Type Request, Type Answer, Policy Policy, bool IsPublic, bool IsPlatform, int Success)
{
    public bool IsCommand => Request.IsAssignableTo(typeof(ICommand));

    public bool IsConditional => Request.IsAssignableTo(typeof(IConditional));

    /// <summary>
    /// Somebody signs in, stays signed in or gets a new password: limited by where they are (ADR 0034), for what a
    /// stranger can use up of a tenant must not keep its members out.
    /// </summary>
    public bool TakesCredentials =>
        IsPublic && IsCommand && (Policy.Capability is Capability.SignIn || IsPlatform);

    /// <summary>Everything but what operators ask for once they have signed in.</summary>
    public bool IsLimited => IsPublic || !IsPlatform;
}

/// <summary>
/// A route whose body is sent or answered for as long as the client's connection takes: it holds slots of its own (ADR
/// 0035), so that slow uploads do not stand in the way of quick requests.
/// </summary>
internal sealed record StreamedRoute;

/// <summary>A route that sends no request and is open to all: says why it may.</summary>
internal sealed record OpenRoute(string Reason);

internal static class RouteMetadataExtensions
{
    /// <summary>Declares which request a route sends; the pipeline refuses any other.</summary>
    public static RouteHandlerBuilder Sends<TRequest>(
        this RouteHandlerBuilder route, int success = StatusCodes.Status200OK)
        where TRequest : IGuarded
    {
        var request = typeof(TRequest);
        var answer = request.GetInterfaces()
            .Single(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuardedRequest<>))
            .GetGenericArguments()[0];
        var metadata = new RouteRequest(
            request,
            answer,
            TRequest.Policy,
            request.IsAssignableTo(typeof(IPublic)),
            request.IsAssignableTo(typeof(IPlatform)),
            success);
        route.WithMetadata(metadata).WithName(request.Name).WithSummary(XmlSummaries.Of(request));
        if (answer == typeof(Nothing)) route.Produces(success);
        else if (answer == typeof(FileContent)) route.Produces(success, contentType: "application/octet-stream");
        else route.Produces(success, answer, "application/json");
        return route;
    }

    /// <inheritdoc cref="StreamedRoute"/>
    public static RouteHandlerBuilder Streams(this RouteHandlerBuilder route) =>
        route.WithMetadata(new StreamedRoute());

    /// <summary>Lets everybody in, on any host, for a reason that the route tests show.</summary>
    public static TBuilder IsOpen<TBuilder>(this TBuilder route, string reason)
        where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new OpenRoute(reason));
}
