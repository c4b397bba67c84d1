using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Files;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace CleanTenancy.Api.Files;

/// <summary>The one part of a multipart form (RFC 7578): its name at once, its bytes as they are asked for.</summary>
internal sealed class MultipartFile : ReadStream
{
    public const string MediaType = "multipart/form-data", Part = "file";

    /// <summary>
    /// What a body may have beside the file's bytes: 8 KiB each before the first part, of its headers and after the last
    /// one (the reader's limits), and two boundaries. So a file has at least what is left.
    /// </summary>
    private const int Framing = 32 * 1024, SectionLimit = 8 * 1024, BoundaryMaxLength = 70; // RFC 2046, 5.1.1

    private static readonly Error
        LengthRequired = new(default, "length_required"),
        AnotherType = new(default, "unsupported_media_type"),
        NoForm = new(default, "malformed_multipart");

    private readonly MultipartReader _reader;
    private readonly Stream _part;
    private bool _hasEnded;

    private MultipartFile(MultipartReader reader, Stream part, string name, long atLeast) =>
        (_reader, _part, Name, AtLeast) = (reader, part, name, atLeast);

    /// <summary>As the client has it.</summary>
    public string Name { get; }

    /// <summary>Bytes that the file must have, by what the request says of its own length.</summary>
    public long AtLeast { get; }

    /// <summary>Reads up to the first byte of the file.</summary>
    /// <exception cref="MalformedUploadException">The request is no upload of one file.</exception>
    public static async Task<MultipartFile> OpenAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is not { } length)
            throw new MalformedUploadException(StatusCodes.Status411LengthRequired, LengthRequired);

        var reader = new MultipartReader(BoundaryOf(request), request.Body)
        {
            HeadersLengthLimit = SectionLimit,
        };
        var section = await GuardAsync(async () => await reader.ReadNextSectionAsync(cancellationToken))
            ?? throw new MalformedUploadException(UploadErrors.NoFile);
        return new MultipartFile(reader, section.Body, NameOf(section), Math.Max(0, length - Framing));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasEnded || buffer.Length == 0) return 0;

        var read = await GuardAsync(async () => await _part.ReadAsync(buffer, cancellationToken));
        if (read > 0) return read;

        _hasEnded = true;
        if (await GuardAsync(async () => await _reader.ReadNextSectionAsync(cancellationToken)) is not null)
            throw new MalformedUploadException(UploadErrors.TooMany);
        return 0;
    }

    private static string BoundaryOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase))
            throw new MalformedUploadException(
                StatusCodes.Status415UnsupportedMediaType, AnotherType);

        return HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= BoundaryMaxLength } boundary
            ? boundary.ToString()
            : throw Malformed();
    }

    private static string NameOf(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            throw Malformed();
        var part = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        if (part != Part) throw new MalformedUploadException(UploadErrors.UnknownPart(part));

        var name = disposition.FileNameStar.HasValue
            ? disposition.FileNameStar.ToString()
            : HeaderUtilities.RemoveQuotes(disposition.FileName).ToString();
        return name.Length > 0 ? name : throw new MalformedUploadException(UploadErrors.NoName);
    }

    /// <summary>What the reader throws at a body that is none of ours.</summary>
    private static async Task<T> GuardAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        // The server's own, of a client that has gone, are of types that are derived.
        catch (Exception failure) when (failure is InvalidDataException || failure.GetType() == typeof(IOException))
        {
            throw Malformed(failure);
        }
    }

    private static MalformedUploadException Malformed(Exception? inner = null) =>
        new(StatusCodes.Status400BadRequest, NoForm, inner);
}

internal static class FileRouteExtensions
{
    /// <summary>A body as large as a file may be: the handler knows how large, and reads no more.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder route) =>
        route.Accepts<FileForm>(MultipartFile.MediaType).WithMetadata(new AnySize());

    /// <summary>For the documents: nobody binds it.</summary>
    private sealed record FileForm(byte[] File);

    private sealed class AnySize : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => null;
    }
}
