using System.Globalization;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Diagnostics;

namespace CleanTenancy.Api.Common;

/// <summary>
/// What the framework refused, and what nobody expected, as problem documents. Never a word of the exception.
/// </summary>
internal sealed class Refusals(ILogger<Refusals> log) : IExceptionHandler
{
    private static readonly Error Busy =
        new(ErrorKind.Unavailable, "unavailable") { RetryAfter = TimeSpan.FromSeconds(1) };

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        RequestEnvelope.Stamp(httpContext, httpContext.RequestServices.GetRequiredService<HttpCaller>());
        switch (exception)
        {
            case MalformedUploadException malformed:
                await Problem.WriteAsync(httpContext, malformed.Status, malformed.Error);
                break;
            case BadHttpRequestException { InnerException: JsonException json }:
                await DescribeAsync(httpContext, json);
                break;
            case BadHttpRequestException { StatusCode: not StatusCodes.Status400BadRequest } refused:
                await Problem.WriteAsync(httpContext, refused.StatusCode, CodeOf(refused.StatusCode));
                break;
            case BadHttpRequestException refused:
                await DescribeAsync(httpContext, refused);
                break;
            case BusyException:
                await Problem.WriteAsync(httpContext, Busy);
                break;
            case OperationCanceledException when httpContext.RequestAborted.IsCancellationRequested:
                httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                break;
            case TenantMismatchException:
                EdgeLog.Failed(log, exception, httpContext.TraceIdentifier);
                await httpContext.RequestServices.GetRequiredService<IDenials>().RecordAsync(
                    new Denial(Denial.Access, "tenant_mismatch", RequestName(httpContext)), CancellationToken.None);
                await Problem.WriteAsync(httpContext, StatusCodes.Status500InternalServerError, "internal_error");
                break;
            default:
                EdgeLog.Failed(log, exception, httpContext.TraceIdentifier);
                await Problem.WriteAsync(httpContext, StatusCodes.Status500InternalServerError, "internal_error");
                break;
        }

        return true;
    }

    /// <summary>A parameter of the query that has no fitting value.</summary>
    public static Error BadParameter(string name) => Error.Validation(new Failure(
        $"?{name}", "invalid_value", ProblemTexts.Of("validation_failed").Detail));

    /// <summary>For answers of the framework that have a status and no body.</summary>
    public static Task DescribeStatusAsync(StatusCodeContext context) =>
        Problem.WriteAsync(
            context.HttpContext,
            context.HttpContext.Response.StatusCode,
            CodeOf(context.HttpContext.Response.StatusCode));

    private static string RequestName(HttpContext http) =>
        http.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<RouteRequest>()?.Request.Name
        ?? "unknown";

    private static Task DescribeAsync(HttpContext http, JsonException json) =>
        Malformed.IsSyntax(json)
            ? Problem.WriteAsync(http, StatusCodes.Status400BadRequest, "malformed_json")
            : Problem.WriteAsync(http, Error.Validation(Malformed.Describe(json)));

    /// <summary>A parameter that does not parse, or a body that is missing.</summary>
    private static Task DescribeAsync(HttpContext http, BadHttpRequestException refused)
    {
        // The route takes an id in any spelling of a UUID; ours is one.
        if (http.Features.Get<IExceptionHandlerFeature>()?.RouteValues?["id"] is string id
            && !Guid.TryParseExact(id, "D", out _))
            return Problem.WriteAsync(http, StatusCodes.Status404NotFound, "not_found");

        var route = http.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<RouteRequest>();
        return BadParameter(http.Request, route) is { } parameter
            ? Problem.WriteAsync(http, BadParameter(parameter))
            : Problem.WriteAsync(http, StatusCodes.Status400BadRequest, "malformed_json");
    }

    /// <summary>The first of the query's parameters that has no fitting value; bodies have none.</summary>
    private static string? BadParameter(HttpRequest request, RouteRequest? route) =>
        route is null || route.IsCommand
            ? null
            : route.Request.GetProperties()
                .Where(p => request.Query.TryGetValue(p.Name, out var text) && !Fits(p.PropertyType, text.ToString()))
                .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).FirstOrDefault();

    private static bool Fits(Type type, string text) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(int) => int.TryParse(text, CultureInfo.InvariantCulture, out _),
        var t when t == typeof(long) => long.TryParse(text, CultureInfo.InvariantCulture, out _),
        var t when t == typeof(Guid) => Guid.TryParse(text, CultureInfo.InvariantCulture, out _),
        var t when t == typeof(DateTimeOffset) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        var t when t == typeof(bool) => bool.TryParse(text, out _),
        _ => true,
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "unauthenticated",
        StatusCodes.Status403Forbidden => "permission_denied",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status406NotAcceptable => "not_acceptable",
        StatusCodes.Status413PayloadTooLarge => "payload_too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status503ServiceUnavailable => "unavailable",
        < 500 => "bad_request",
        _ => "internal_error",
    };
}
