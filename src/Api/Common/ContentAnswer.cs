using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using Microsoft.Net.Http.Headers;

namespace CleanTenancy.Api.Common;

/// <summary>
/// Streams a file. Whatever somebody uploaded, no page of ours runs it: it is saved and not shown, by the type its bytes
/// have, in a sandbox where it is shown after all. Ranges and conditions (RFC 9110, 13 and 14) are the framework's.
/// </summary>
internal static class ContentAnswer
{
    public static IResult ToContent(this Result<FileContent> result) => new Answer(result);

    private sealed class Answer(Result<FileContent> result) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            if (result.Error is { } error)
            {
                await Problem.WriteAsync(httpContext, error);
                return;
            }

            var (content, headers) = (result.Value, httpContext.Response.Headers);
            // Kept by the client, and asked for each time: who may see it may be another one by then.
            headers.CacheControl = "private, no-cache";
            headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
            if (content.IsInline) headers.ContentDisposition = "inline";
            if (content.WriteAsync is { } writeAsync)
            {
                await TypedResults.Stream(
                    output => writeAsync(output, httpContext.RequestAborted), content.ContentType, content.Name)
                    .ExecuteAsync(httpContext);
                return;
            }

            await TypedResults.Stream(
                new StoredStream(content.OpenAsync, content.Size),
                content.ContentType == "text/plain" ? "text/plain; charset=utf-8" : content.ContentType,
                content.IsInline ? null : content.Name,
                entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(content.Sha256)}\""),
                enableRangeProcessing: true).ExecuteAsync(httpContext);
        }
    }
}
