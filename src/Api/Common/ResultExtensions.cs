using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Common;

/// <summary>Turns what a slice answered into HTTP.</summary>
internal static class ResultExtensions
{
    public static IResult ToOk<T>(this Result<T> result) => new Answer<T>(result, StatusCodes.Status200OK);

    public static IResult ToNoContent<T>(this Result<T> result) =>
        new Answer<T>(result, StatusCodes.Status204NoContent);

    /// <param name="result">The answer.</param>
    /// <param name="location">Where the new resource is.</param>
    public static IResult ToCreated<T>(this Result<T> result, Func<T, string> location) =>
        new Answer<T>(result, StatusCodes.Status201Created, location);

    /// <param name="result">What has begun.</param>
    /// <param name="location">Where it is told how far it is.</param>
    public static IResult ToAccepted<T>(this Result<T> result, Func<T, string> location) =>
        new Answer<T>(result, StatusCodes.Status202Accepted, location);

    private sealed class Answer<T>(Result<T> result, int status, Func<T, string>? location = null) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (result.Error is { } error) return Problem.WriteAsync(httpContext, error);

            var (request, response, value) = (httpContext.Request, httpContext.Response, result.Value);
            response.StatusCode = status;
            if (result.Replayed) response.Headers["Idempotency-Replayed"] = "true";
            if (location is not null) response.Headers.Location = location(value);
            if (value is IVersioned versioned)
            {
                var tag = VersionCondition.Tag(versioned.Version);
                response.Headers.ETag = tag;
                if (HttpMethods.IsGet(request.Method) && IsKnown(request.Headers.IfNoneMatch, tag))
                {
                    response.StatusCode = StatusCodes.Status304NotModified;
                    return Task.CompletedTask;
                }
            }

            return value is Nothing
                ? Task.CompletedTask
                : response.WriteAsJsonAsync(value, Wire.Json, httpContext.RequestAborted);
        }

        /// <summary>Weak comparison (RFC 9110, 13.1.2): a W/ in front does not matter here.</summary>
        private static bool IsKnown(Microsoft.Extensions.Primitives.StringValues header, string tag) =>
            header.Count > 0 && header.ToString().Split(',', StringSplitOptions.TrimEntries)
                .Any(known => known == "*" || known == tag || known == "W/" + tag);
    }
}
