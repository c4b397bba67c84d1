using System.Diagnostics;
using System.Globalization;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Common;

/// <summary>Problem documents (RFC 9457): the one place where kinds of refusal become HTTP statuses.</summary>
internal static class Problem
{
    private const string MediaType = "application/problem+json";

    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Validation => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.PreconditionRequired => StatusCodes.Status428PreconditionRequired,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.TimedOut => StatusCodes.Status408RequestTimeout,
        ErrorKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.RateLimited => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a status."),
    };

    public static Task WriteAsync(HttpContext http, Error error) => WriteAsync(http, StatusOf(error.Kind), error);

    public static Task WriteAsync(HttpContext http, int status, string code) =>
        WriteAsync(http, status, new Error(default, code));

    public static Task WriteAsync(HttpContext http, int status, Error error)
    {
        var (title, detail) = ProblemTexts.Of(error.Code);
        var members = new Dictionary<string, object?>
        {
            ["type"] = $"urn:cleantenancy:problem:{error.Code}",
            ["title"] = title,
            ["status"] = status,
            ["detail"] = detail,
            ["instance"] = http.Request.Path.Value,
            ["code"] = error.Code,
            ["traceId"] = Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier,
        };
        foreach (var (name, value) in error.Extensions) members[name] = value;
        if (error.Kind is ErrorKind.Validation && error.Failures.Count > 0) members["errors"] = error.Failures;

        var response = http.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (LeavesBodyUnread(http.Request, status)) response.Headers.Connection = "close";
        if (status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return response.WriteAsJsonAsync(members, Wire.Json, MediaType, http.RequestAborted);
    }

    /// <summary>
    /// A body that is too large to be read to its end: the server cuts the connection after the answer, and a client
    /// that is not told so loses its next request on it (RFC 9112, 9.6).
    /// </summary>
    private static bool LeavesBodyUnread(HttpRequest request, int status) =>
        HttpProtocol.IsHttp11(request.Protocol)
        && (status == StatusCodes.Status413PayloadTooLarge
            || request.ContentLength > Edge.BodyLimit
            || request.Headers.TransferEncoding.Count > 0);
}
