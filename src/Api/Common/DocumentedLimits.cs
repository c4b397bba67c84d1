using System.Globalization;
using Microsoft.OpenApi;

namespace CleanTenancy.Api.Common;

/// <summary>What answers say of the limits, in the contract: with what was asked for, and with 429.</summary>
internal static class DocumentedLimits
{
    private const string Draft = "(draft-ietf-httpapi-ratelimit-headers)";

    public static void AddTo(OpenApiOperation operation, RouteRequest route, OpenApiDocument document)
    {
        var headers = (document.Components ??= new OpenApiComponents()).Headers ??=
            new Dictionary<string, IOpenApiHeader>();
        headers.TryAdd(LimitHeaders.Policy, Documentation.Header(
            "The limits: q requests in any w seconds, \"plan\" per organization and route, \"network\" per address. "
            + $"Absent where nothing is limited. {Draft}"));
        headers.TryAdd(LimitHeaders.State, Documentation.Header(
            "Of each limit: r requests are left; in t seconds the oldest that counts does not count any more. "
            + Draft));
        foreach (var status in (int[])[route.Success, StatusCodes.Status429TooManyRequests])
            if (operation.Responses![status.ToString(CultureInfo.InvariantCulture)] is OpenApiResponse answer)
                AddTo(answer, document);
    }

    private static void AddTo(OpenApiResponse answer, OpenApiDocument document)
    {
        answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
        foreach (var name in (string[])[LimitHeaders.Policy, LimitHeaders.State])
            answer.Headers[name] = new OpenApiHeaderReference(name, document);
    }
}
