using CleanTenancy.Application.Common;
using Microsoft.AspNetCore.Http.Features;

namespace CleanTenancy.Api.Common;

/// <summary>
/// Lets a tenant's request in when the tenant has a slot for it, and keeps the slot until the answer is over: however
/// it ends. Last of the edge: who is refused for another reason takes none.
/// </summary>
internal sealed class SlotKeeper(RequestDelegate next, TenantSlots slots, RouteLimits limits)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public Task InvokeAsync(HttpContext http, HttpCaller caller) =>
        caller.Tenant is { } tenant && http.GetEndpoint()?.Metadata is { } metadata
            && metadata.GetMetadata<RouteRequest>() is { TakesCredentials: false } route
                ? KeepAsync(http, caller, tenant, LaneOf(route, metadata))
                : next(http);

    private static Lane LaneOf(RouteRequest route, EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<StreamedRoute>() is not null ? Lane.Streams
        : route.IsPublic ? Lane.Public
        : Lane.Members;

    private async Task KeepAsync(HttpContext http, HttpCaller caller, Tenant tenant, Lane lane)
    {
        if (lane is not Lane.Streams) await HasArrivedAsync(http);

        var most = limits.SlotsOf(tenant);
        if (!await slots.EnterAsync(tenant.Id, lane, most, http.RequestAborted))
        {
            limits.GiveBack(http, caller);
            await Problem.WriteAsync(http, RouteLimits.Refusal("concurrency", most, TimeSpan.Zero, Second));
            return;
        }

        try
        {
            await next(http);
        }
        finally
        {
            slots.Leave(tenant.Id, lane);
        }
    }

    /// <summary>
    /// Waits for the whole body, and leaves it unread: whoever sends a byte a second would keep a slot for as long as
    /// they like, and strangers, with a few connections, all of a tenant's.
    /// </summary>
    /// <exception cref="BadHttpRequestException">Larger than a body may be, or none at all.</exception>
    private static async Task HasArrivedAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true) return;

        var size = http.Request.ContentLength ?? Edge.BodyLimit + 1;
        if (size == 0) return;

        var body = http.Request.BodyReader;
        var read = await body.ReadAtLeastAsync((int)Math.Min(size, Edge.BodyLimit + 1), http.RequestAborted);
        body.AdvanceTo(read.Buffer.Start);
    }
}
