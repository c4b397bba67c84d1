using System.Globalization;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Common;

/// <summary>
/// Which limits each route has (ADR 0034): the plan's per tenant and route, and where no token is asked for, so many
/// per network and kind of route.
/// </summary>
internal sealed class RouteLimits(IRequestLimiter limiter, IConfiguration configuration)
{
    /// <summary>Kinds of public routes: one window for each, whichever of them is asked for.</summary>
    private const string Credentials = "credentials", Public = "public";

    private readonly int _factor = AtLeastOne(configuration, "RateLimits:Factor", 1);

    private readonly int _credentials = AtLeastOne(configuration, "RateLimits:CredentialsPerMinute", 60);

    private readonly int _public = AtLeastOne(configuration, "RateLimits:PublicPerMinute", 600);

    /// <summary>Takes one of each limit of the route, and has the answer say so.</summary>
    /// <returns>Null when the request may go on.</returns>
    public async ValueTask<Error?> TakeAsync(HttpContext http, HttpCaller caller, RouteRequest route)
    {
        var (network, plan) = (NetworkLimit(caller, route), PlanLimit(caller.Tenant, route));
        if ((network ?? plan) is not { } first) return null;

        var taken = await limiter.TakeAsync(first, network is null ? null : plan);
        caller.Taken = taken;
        LimitHeaders.Stamp(http.Response.Headers, taken);
        return taken.IsAllowed ? null : Refusal(taken);
    }

    /// <summary>For a request that something else refused.</summary>
    public void GiveBack(HttpContext http, HttpCaller caller)
    {
        if (caller.Taken is not { } taken) return;

        limiter.GiveBack(taken);
        caller.Taken = taken with { First = Back(taken.First), Second = taken.Second is { } second ? Back(second) : null };
        LimitHeaders.Stamp(http.Response.Headers, caller.Taken);

        static RateState Back(in RateState state) =>
            state with { Remaining = Math.Min(state.Limit.Most, state.Remaining + 1) };
    }

    /// <summary>How many of a tenant's requests an instance works on at once.</summary>
    public int SlotsOf(Tenant tenant) => Times(tenant.Limits.ConcurrentRequests);

    public static Error Refusal(string policy, int limit, TimeSpan window, TimeSpan wait) =>
        new Error(ErrorKind.RateLimited, "rate_limited") { RetryAfter = wait }
            .With("policy", policy).With("limit", limit).With("window", (int)window.TotalSeconds);

    /// <summary>The one to wait for longest: whoever waits as long is let in.</summary>
    private static Error Refusal(in Taken taken)
    {
        var state = taken.Second is { } second && (second.Wait ?? default) > (taken.First.Wait ?? default)
            ? second
            : taken.First;
        return Refusal(
            LimitHeaders.NameOf(state.Limit.Key.Policy), state.Limit.Most, RateLimit.Window, state.Wait!.Value);
    }

    private RateLimit? NetworkLimit(HttpCaller caller, RouteRequest route)
    {
        if (!route.IsPublic) return null;

        var (kind, most) = route.TakesCredentials ? (Credentials, _credentials) : (Public, _public);
        return new(new(RatePolicy.Network, default, ClientNetwork.Of(caller.Address), kind), Times(most));
    }

    private RateLimit? PlanLimit(Tenant? tenant, RouteRequest route) =>
        tenant?.Limits.RequestsPerMinute is { } most && !route.TakesCredentials
            ? new(new(RatePolicy.Plan, tenant.Id.Value, null, route.Request.Name), Times(most))
            : null;

    private int Times(int limit) => (int)Math.Clamp((long)limit * _factor, 1, int.MaxValue);

    private static int AtLeastOne(IConfiguration configuration, string name, int otherwise)
    {
        var value = configuration.GetValue(name, otherwise);
        return value >= 1
            ? value
            : throw new InvalidOperationException($"{name.Replace(":", "__", StringComparison.Ordinal)} is at least 1.");
    }
}

/// <summary>
/// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-09), structured fields (RFC 9651): q so many in
/// w seconds; r are left; in t seconds the oldest that counts does not count any more.
/// </summary>
internal static class LimitHeaders
{
    public const string Policy = "RateLimit-Policy", State = "RateLimit";

    public static string NameOf(RatePolicy policy) => policy is RatePolicy.Plan ? "plan" : "network";

    public static void Stamp(IHeaderDictionary headers, in Taken? taken)
    {
        if (taken is not { } given) return;

        if (given.Second is { } second)
        {
            headers[Policy] = $"{PolicyOf(given.First)}, {PolicyOf(second)}";
            headers[State] = $"{StateOf(given.First)}, {StateOf(second)}";
            return;
        }

        headers[Policy] = PolicyOf(given.First);
        headers[State] = StateOf(given.First);
    }

    private static string PolicyOf(in RateState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"\"{NameOf(state.Limit.Key.Policy)}\";q={state.Limit.Most};w={(int)RateLimit.Window.TotalSeconds}");

    private static string StateOf(in RateState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"\"{NameOf(state.Limit.Key.Policy)}\";r={state.Remaining};t={(int)Math.Ceiling(state.Reset.TotalSeconds)}");
}
