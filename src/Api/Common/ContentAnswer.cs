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
                new StoredStream(content),
                content.ContentType == "text/plain" ? "text/plain; charset=utf-8" : content.ContentType,
                content.IsInline ? null : content.Name,
                entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(content.Sha256)}\""),
                enableRangeProcessing: true).ExecuteAsync(httpContext);
        }
    }

    /// <summary>Of a known length, and opened at the first byte that is wanted: none is for a 304.</summary>
    private sealed class StoredStream(FileContent content) : Stream
    {
        private Stream? _open;

        public override bool CanRead => true;

        public override bool CanSeek => _open is null;

        public override bool CanWrite => false;

        public override long Length => content.Size;

        public override long Position { get; set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= Length) return 0;

            _open ??= await content.OpenAsync(Position, cancellationToken);
            var read = await _open.ReadAsync(buffer, cancellationToken);
            // Too few bytes must not look like all of them: the connection breaks.
            if (read == 0 && buffer.Length > 0) throw new EndOfStreamException("The store has less than was stored.");

            Position += read;
            return read;
        }

        public override Task<int> ReadAsync(
            byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = origin switch
            {
                SeekOrigin.Begin => offset,
                SeekOrigin.Current => Position + offset,
                SeekOrigin.End => Length + offset,
                _ => throw new ArgumentOutOfRangeException(nameof(origin)),
            };

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("The store is read asynchronously.");

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            if (_open is not null) await _open.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _open?.Dispose();
            base.Dispose(disposing);
        }
    }
}
