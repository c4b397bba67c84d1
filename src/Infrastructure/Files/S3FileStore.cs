using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Infrastructure.Files;

/// <summary>
/// A bucket of any store that speaks S3. A file that fits into one part is put at once; a larger one is a multipart
/// upload, which becomes an object when it is completed and not before. One part at a time is in memory.
/// </summary>
internal sealed class S3FileStore : IFileStore, IDisposable
{
    /// <summary>The protocol takes 10,000 parts of 5 MiB and more.</summary>
    public const int PartSize = 8 * 1024 * 1024, MaxParts = 10_000;

    private const int DeletesAtOnce = 8;

    private readonly AmazonS3Client _client;
    private readonly string _bucket;

    public S3FileStore(FileSettings settings)
    {
        var s3 = settings.S3!;
        _bucket = s3.Bucket;
        _client = new AmazonS3Client(
            new BasicAWSCredentials(s3.AccessKey, s3.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = s3.Endpoint,
                AuthenticationRegion = s3.Region,
                ForcePathStyle = true,
                // Checksums beyond the protocol's own are Amazon's: others refuse them.
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            });
    }

    public async Task WriteAsync(FileKey key, Stream content, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            var read = await content.ReadAtLeastAsync(
                buffer.AsMemory(0, PartSize), PartSize, throwOnEndOfStream: false, cancellationToken);
            if (read < PartSize) await PutAsync(key, buffer, read, cancellationToken);
            else await PutInPartsAsync(key, content, buffer, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task<Stream> OpenAsync(FileKey key, long from, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _bucket, Key = key.ToString() };
        if (from > 0) request.ByteRange = new ByteRange($"bytes={from}-");
        try
        {
            return (await _client.GetObjectAsync(request, cancellationToken)).ResponseStream;
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode is HttpStatusCode.NotFound)
        {
            throw new FileNotFoundException("There is no such object.", missing);
        }
    }

    public async Task EraseAsync(FileKey key, CancellationToken cancellationToken)
    {
        foreach (var (_, id) in await UnfinishedAsync(key.ToString(), cancellationToken))
            await _client.AbortMultipartUploadAsync(_bucket, key.ToString(), id, cancellationToken);
        await _client.DeleteObjectAsync(_bucket, key.ToString(), cancellationToken);
    }

    public async Task<FileHolding> MeasureAsync(TenantId org, CancellationToken cancellationToken)
    {
        var (files, bytes) = (0L, 0L);
        await foreach (var held in HeldAsync(org, cancellationToken))
            (files, bytes) = (files + 1, bytes + held.Size.GetValueOrDefault());
        return new(files, bytes);
    }

    /// <summary>One by one: the request that deletes many wants a checksum, and stores differ in which.</summary>
    public async Task EraseAllAsync(TenantId org, CancellationToken cancellationToken)
    {
        foreach (var (key, id) in await UnfinishedAsync(PrefixOf(org), cancellationToken))
            await _client.AbortMultipartUploadAsync(_bucket, key, id, cancellationToken);
        await Parallel.ForEachAsync(
            HeldAsync(org, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = DeletesAtOnce, CancellationToken = cancellationToken },
            async (held, token) => await _client.DeleteObjectAsync(_bucket, held.Key, token));
    }

    public void Dispose() => _client.Dispose();

    private async Task PutAsync(FileKey key, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream(buffer, 0, count, writable: false);
        await _client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = _bucket,
                Key = key.ToString(),
                InputStream = bytes,
                AutoCloseStream = false,
                // Chunked signatures are Amazon's, too.
                UseChunkEncoding = false,
            },
            cancellationToken);
    }

    private async Task PutInPartsAsync(FileKey key, Stream content, byte[] buffer, CancellationToken cancellationToken)
    {
        var upload = await _client.InitiateMultipartUploadAsync(_bucket, key.ToString(), cancellationToken);
        try
        {
            await PutInPartsAsync(upload, content, buffer, cancellationToken);
        }
        catch
        {
            // Not every store lists what was not completed: here its id is still known.
            await _client.AbortMultipartUploadAsync(
                _bucket, key.ToString(), upload.UploadId, CancellationToken.None);
            throw;
        }
    }

    /// <param name="buffer">Holds the first part already.</param>
    private async Task PutInPartsAsync(
        InitiateMultipartUploadResponse upload, Stream content, byte[] buffer, CancellationToken cancellationToken)
    {
        var parts = new List<PartETag>();
        var count = PartSize;
        while (count > 0)
        {
            parts.Add(await PutPartAsync(upload, parts.Count + 1, buffer, count, cancellationToken));
            count = count < PartSize
                ? 0
                : await content.ReadAtLeastAsync(
                    buffer.AsMemory(0, PartSize), PartSize, throwOnEndOfStream: false, cancellationToken);
        }

        await _client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = _bucket,
                Key = upload.Key,
                UploadId = upload.UploadId,
                PartETags = parts,
            },
            cancellationToken);
    }

    private async Task<PartETag> PutPartAsync(
        InitiateMultipartUploadResponse upload, int number, byte[] buffer, int count,
        CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream(buffer, 0, count, writable: false);
        var part = await _client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = _bucket,
                Key = upload.Key,
                UploadId = upload.UploadId,
                PartNumber = number,
                PartSize = count,
                InputStream = bytes,
                UseChunkEncoding = false,
            },
            cancellationToken);
        return new PartETag(number, part.ETag);
    }

    /// <summary>No tenant's id begins with another's, and none with what stands behind the slash.</summary>
    private static string PrefixOf(TenantId org) => $"{org}/";

    private async IAsyncEnumerable<S3Object> HeldAsync(
        TenantId org, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = PrefixOf(org) };
        ListObjectsV2Response page;
        do
        {
            page = await _client.ListObjectsV2Async(request, cancellationToken);
            foreach (var held in page.S3Objects ?? []) yield return held;
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated is true);
    }

    /// <summary>Uploads that nobody completed: their parts take room until they are aborted.</summary>
    /// <param name="prefix">A key; or of several, what they begin with, up to the slash.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    private async Task<IEnumerable<(string Key, string Id)>> UnfinishedAsync(
        string prefix, CancellationToken cancellationToken)
    {
        try
        {
            var uploads = await _client.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest { BucketName = _bucket, Prefix = prefix }, cancellationToken);
            return
            [
                .. (uploads.MultipartUploads ?? [])
                    .Where(u => prefix.EndsWith('/') || u.Key == prefix)
                    .Select(u => (u.Key, u.UploadId)),
            ];
        }
        catch (AmazonS3Exception refused) when (refused.StatusCode is HttpStatusCode.NotImplemented)
        {
            return []; // a store that lists none lets them expire by a rule of the bucket
        }
    }
}
