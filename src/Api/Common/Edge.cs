using System.Diagnostics;
using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Net.Http.Headers;

namespace CleanTenancy.Api.Common;

/// <summary>What stands before the pipeline, in the order that clients may rely on.</summary>
internal static class Edge
{
    /// <summary>Bytes of a JSON body.</summary>
    public const int BodyLimit = 64 * 1024;

    public static void ConfigureEdge(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
        });
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(20));
        if (!builder.Environment.IsDevelopment()) builder.Logging.ClearProviders().AddJsonConsole();
    }

    public static IServiceCollection AddApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddScoped<HttpCaller>();
        services.AddScoped<ICaller>(provider => provider.GetRequiredService<HttpCaller>());
        services.AddScoped<ISystemCaller>(provider => provider.GetRequiredService<HttpCaller>());
        services.AddSingleton<RouteLimits>();
        services.AddSingleton<TenantSlots>();
        services.AddSingleton(new HostNames(configuration["Tenancy:BaseDomain"] ?? "localhost"));
        services.ConfigureHttpJsonOptions(options => Wire.Configure(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddExceptionHandler<Refusals>();
        services.AddProblemDetails();
        services.AddDocumentation();
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.SetDefaultCulture("en").AddSupportedUICultures("en", "ko");
            options.RequestCultureProviders =
                [new Microsoft.AspNetCore.Localization.AcceptLanguageHeaderRequestCultureProvider()];
        });
        services.Configure<ForwardedHeadersOptions>(options => Trust(options, configuration["Proxies:Known"]));
        return services;
    }

    public static void UseEdge(this WebApplication app)
    {
        if (app.Configuration["Proxies:Known"] is { Length: > 0 }) app.UseForwardedHeaders();
        app.UseMiddleware<RequestEnvelope>();
        app.UseRequestLocalization();
        app.UseExceptionHandler();
        app.UseStatusCodePages(Refusals.DescribeStatusAsync);
        app.UseMiddleware<TenantResolution>();
        app.UseDocumentation();
        app.UseRouting();
        app.UseMiddleware<CallerResolution>();
        app.UseMiddleware<SlotKeeper>();
    }

    /// <summary>The API does not start inside a fence that does not hold.</summary>
    public static async Task<bool> IsFencedAsync(this WebApplication app)
    {
        var problems = await app.Services.GetRequiredService<IReadiness>().CheckAsync(app.Lifetime.ApplicationStopping);
        foreach (var problem in problems) EdgeLog.NotReady(app.Logger, problem.Rule, problem.Detail);
        return problems.Count == 0;
    }

    /// <summary>
    /// X-Forwarded-For and -Proto count only from the proxies that are named; the lists are never empty, for empty
    /// lists mean everybody. X-Forwarded-Host never counts: the host names the tenant.
    /// </summary>
    private static void Trust(ForwardedHeadersOptions options, string? known)
    {
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        options.ForwardedHeaders = ForwardedHeaders.None;
        foreach (var proxy in (known ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (proxy.Contains('/', StringComparison.Ordinal))
                options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            else
                options.KnownProxies.Add(IPAddress.Parse(proxy));
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        }
    }
}

/// <summary>Names the request and sets the headers that every answer has.</summary>
internal sealed class RequestEnvelope(RequestDelegate next)
{
    private const string Header = "X-Request-Id";

    public Task InvokeAsync(HttpContext http, HttpCaller caller)
    {
        caller.RequestId = Given(http.Request.Headers[Header]) ?? http.TraceIdentifier;
        caller.Address = http.Connection.RemoteIpAddress is { } address
            ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
            : "";
        caller.UserAgent = WithoutControls(http.Request.Headers.UserAgent.ToString());
        caller.TraceId = Activity.Current?.TraceId.ToString();
        Stamp(http, caller);
        return next(http);
    }

    /// <summary>Again after an exception, for its handler starts with an empty answer.</summary>
    public static void Stamp(HttpContext http, HttpCaller caller)
    {
        var headers = http.Response.Headers;
        headers[Header] = caller.RequestId;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        LimitHeaders.Stamp(headers, caller.Taken);
    }

    private static string WithoutControls(string text) =>
        text.Any(char.IsControl) ? new string([.. text.Where(c => !char.IsControl(c))]) : text;

    /// <summary>A client's own id is echoed if it is one: it goes into logs and the audit log.</summary>
    private static string? Given(string? id) =>
        id is { Length: > 0 and <= 80 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':')
            ? id
            : null;
}

/// <summary>The host alone names the tenant. Anything else gets 404 before any other work.</summary>
internal sealed class TenantResolution(RequestDelegate next, HostNames names, ITenantDirectory tenants)
{
    public async Task InvokeAsync(HttpContext http, HttpCaller caller)
    {
        // Not Request.Host: it decodes A-labels, and throws where there is nothing to decode ("xn--a").
        switch (names.Read(new HostString(http.Request.Headers.Host.ToString()), out var key))
        {
            case HostKind.Platform:
                break;
            case HostKind.Tenant when await tenants.FindAsync(key) is { } tenant:
                caller.Tenant = tenant;
                break;
            default:
                await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "tenant_not_found");
                return;
        }

        await next(http);
    }
}

/// <summary>
/// The route, the token, its tenant, the limits, the tenant's state, the permission: in this order, closed by default.
/// </summary>
internal sealed class CallerResolution(
    RequestDelegate next, IAccessTokenReader tokens, ISessionDirectory sessions, IApiKeyDirectory keys,
    IOperatorTokens operatorTokens, HostNames names, ITenantDirectory tenants, RouteLimits limits,
    TimeProvider clock)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext http, HttpCaller caller, IOperators operators, IDenials denials)
    {
        var endpoint = http.GetEndpoint();
        var route = endpoint?.Metadata.GetMetadata<RouteRequest>();
        if (endpoint is not null && route is null && endpoint is RouteEndpoint
            && endpoint.Metadata.GetMetadata<OpenRoute>() is null)
            throw new InvalidOperationException(
                $"{endpoint.DisplayName} declares neither a request nor why it is open.");

        if (route is not null)
        {
            if (route.IsPlatform != caller.Tenant is null || HasDotSegment(http))
            {
                await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "not_found");
                return;
            }

            if (!route.IsPublic && !await IdentifyAsync(http, caller, route, operators, denials))
            {
                await Problem.WriteAsync(http, StatusCodes.Status401Unauthorized, "unauthenticated");
                return;
            }

            // Where an address is limited no token is read, so that one place serves both.
            if (route.IsLimited && await limits.TakeAsync(http, caller, route) is { } limited)
            {
                await Problem.WriteAsync(http, limited);
                return;
            }

            // Before a body is read: who may not do it does not learn what is wrong with it.
            if (Refusal(route, caller) is { } refusal)
            {
                if (Denial.Of(refusal, route.Request) is { } denial)
                    await denials.RecordAsync(denial, http.RequestAborted);
                await Problem.WriteAsync(http, refusal);
                return;
            }

            if (endpoint!.Metadata.GetMetadata<IAcceptsMetadata>() is not null && !IsUtf8(http.Request))
            {
                await Problem.WriteAsync(http, StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type");
                return;
            }

            if (http.Request.Query.FirstOrDefault(pair => pair.Value.ToString().Contains('\0', StringComparison.Ordinal))
                is { Key: { } nul })
            {
                await Problem.WriteAsync(http, Refusals.BadParameter(nul));
                return;
            }

            caller.DeclaredRequest = route.Request;
            caller.IdempotencyKey = http.Request.Headers["Idempotency-Key"];
            http.Response.Headers.CacheControl = "no-store";
        }

        await next(http);
    }

    /// <summary>
    /// The server has resolved ".." and "%2e%2e" before routing, and /v1/members/../sessions would be /v1/sessions: an
    /// id that is no id must not choose another route. A client that follows RFC 3986, 5.2.4 sends none.
    /// </summary>
    private static bool HasDotSegment(HttpContext http) =>
        (http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").Split('?', 2)[0]
            .Replace("%2e", ".", StringComparison.OrdinalIgnoreCase)
            .Split('/').Any(segment => segment is "." or "..");

    /// <summary>JSON is UTF-8 (RFC 8259, 8.1); the framework throws at a charset that it does not know.</summary>
    private static bool IsUtf8(HttpRequest request) =>
        !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        || !type.Charset.HasValue
        || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private Error? Refusal(RouteRequest route, HttpCaller caller) =>
        (caller.Tenant is { } tenant
            ? Gate.CheckState(tenant, caller.Member, Gate.Needed(route.Policy, route.IsCommand), clock.GetUtcNow())
            : null)
        ?? Gate.CheckPolicy(route.Policy, route.Request, caller, clock.GetUtcNow());

    /// <returns>False for a missing, bad, expired, revoked or another audience's token: all alike.</returns>
    private async ValueTask<bool> IdentifyAsync(
        HttpContext http, HttpCaller caller, RouteRequest route, IOperators operators, IDenials denials)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value
            || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;

        var token = value[Scheme.Length..];
        if (route.IsPlatform)
            return await operatorTokens.ReadAsync(token) is { } badge
                && (caller.Operator = await operators.FindAsync(badge, http.RequestAborted)) is not null;

        // Looked for among this tenant's keys only: another tenant's is as unknown as none.
        if (keys.IsKey(token)) return (caller.Member = await keys.FindAsync(caller.Tenant!.Id, token)) is not null;
        if (await tokens.ReadAsync(token) is not { } ticket) return false;
        if (ticket.OrgId != caller.Tenant!.Id)
        {
            await denials.RecordAsync(
                new Denial(Denial.Access, Denial.ForeignToken, route.Request.Name), http.RequestAborted);
            return false;
        }

        return (ticket.Versions.Org <= caller.Tenant.Version || await LookAgainAsync(http, caller))
            && (caller.Member = await sessions.FindAsync(ticket)) is not null;
    }

    /// <summary>The token's issuer knew a newer tenant than is remembered here: a signal has not come.</summary>
    private async Task<bool> LookAgainAsync(HttpContext http, HttpCaller caller)
    {
        tenants.Forget(caller.Tenant!.Id);
        names.Read(new HostString(http.Request.Headers.Host.ToString()), out var key);
        return await tenants.FindAsync(key) is { } tenant && (caller.Tenant = tenant) is not null;
    }
}

internal static partial class EdgeLog
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "Not ready: {Rule}: {Detail}")]
    public static partial void NotReady(ILogger logger, string rule, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    public static partial void Failed(ILogger logger, Exception exception, string requestId);
}
