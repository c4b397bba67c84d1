using System.Text.Json;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>What an archive says of itself; written last.</summary>
internal sealed record ArchiveManifest
{


    public required string Format { get; init; }

    public required int SchemaVersion { get; init; }

    public required DateTimeOffset ExportedAt { get; init; }

    public required ManifestTenant Tenant { get; init; }

    public required IReadOnlyList<ManifestEntry> Entries { get; init; }

    /// <summary>Paths of files that were deleted before their bytes were read.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <exception cref="ArchiveRefusedException">It is none, or of another version.</exception>
    public static ArchiveManifest Parse(ReadOnlySpan<byte> json)
    {
        ArchiveManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<ArchiveManifest>(json, Wire.Json);
        }
        catch (JsonException malformed)
        {
            throw new ArchiveRefusedException(new ArchiveProblem(ArchiveErrors.Manifest.Code, ArchiveModel.ManifestPath), malformed);
        }

        if (manifest is not { Format: ArchiveModel.Format }) throw new ArchiveRefusedException(ArchiveErrors.Manifest, ArchiveModel.ManifestPath);
        // A null among the entries: the framework's annotations end at the list.
        if (manifest.Entries.Any(entry => entry is not { IsSound: true }) || manifest.Missing.Any(path => path is null))
            throw new ArchiveRefusedException(ArchiveErrors.Manifest, ArchiveModel.ManifestPath);
        if (manifest.SchemaVersion != ArchiveModel.SchemaVersion) throw new ArchiveRefusedException(ArchiveErrors.Version, ArchiveModel.ManifestPath);

        return manifest;
    }
}

internal sealed record ManifestTenant
{
    public required Guid Id { get; init; }

    public required string Slug { get; init; }
}

internal sealed record ManifestEntry
{
    public required string Path { get; init; }

    /// <summary>The table, of an entry of rows.</summary>
    public string? Entity { get; init; }

    /// <summary>Of its rows.</summary>
    public long? Count { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Of the unpacked bytes, in hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What can be told of it alone: no list of ours is too long to count.</summary>
    public bool IsSound => Count is null or (>= 0 and <= uint.MaxValue) && Sha256.Length == 64 && Sha256.All(char.IsAsciiHexDigit);
}
