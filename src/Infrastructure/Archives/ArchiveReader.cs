using System.IO.Compression;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Reads an archive that somebody sent (docs/archive-format.md), from a copy of ours that nobody else can open. It
/// believes nothing: what is declared is a limit, and what is really there is counted (ADR 0050).
/// </summary>
internal sealed class ArchiveReader : IAsyncDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly FileStream _file;
    private readonly ArchiveLimits _limits;
    private readonly IReadOnlyDictionary<string, ZipItem> _items;
    private readonly Dictionary<string, ManifestEntry> _entries;
    private readonly HashSet<string> _missing;

    private ArchiveReader(
        FileStream file, ArchiveLimits limits, IReadOnlyDictionary<string, ZipItem> items, ArchiveManifest manifest)
    {
        (_file, _limits, _items, Manifest) = (file, limits, items, manifest);
        _entries = manifest.Entries.ToDictionary(entry => entry.Path, StringComparer.Ordinal);
        _missing = manifest.Missing.ToHashSet(StringComparer.Ordinal);
    }

    public ArchiveManifest Manifest { get; }

    /// <summary>All but the manifest: what each holds has been said, and not been read.</summary>
    public IReadOnlyCollection<ManifestEntry> Entries => _entries.Values;

    /// <summary>Copies it, and reads what it says that it has.</summary>
    /// <param name="content">Its bytes, once.</param>
    /// <param name="folder">Where the copy is, as long as this lives.</param>
    /// <exception cref="ArchiveRefusedException">It is no archive, or one that breaks a limit.</exception>
    public static async Task<ArchiveReader> OpenAsync(
        Stream content, string folder, ArchiveLimits limits, CancellationToken cancellationToken)
    {
        var file = NamelessFile.Create(folder, ".import", bufferSize: 4096);
        try
        {
            await content.CopyToAsync(file, BufferSize, cancellationToken);
            await file.FlushAsync(cancellationToken);
            return await ReadAsync(file, limits, cancellationToken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>The rows that an entry is said to have.</summary>
    public long Count(string path) => _entries.GetValueOrDefault(path)?.Count ?? 0;

    public bool Has(string path) => _entries.ContainsKey(path);

    /// <summary>Whether it says so itself.</summary>
    public bool Lacks(Guid file) => _missing.Contains($"{ArchiveModel.FileFolder}{file}");

    /// <summary>Its bytes: they are known to be the right ones when the last has been read.</summary>
    public Stream Open(string path) => Open(_file, _items[path], Convert.FromHexString(_entries[path].Sha256));

    /// <summary>The lines of an entry of rows; none where the archive is older than the table.</summary>
    public NdjsonLines OpenRows(string path) => new(Has(path) ? Open(path) : Stream.Null, path, _limits.LineBytes);

    /// <summary>A small entry as a whole.</summary>
    public async Task<byte[]> ReadAllAsync(string path, CancellationToken cancellationToken)
    {
        if (_items[path].Unpacked > _limits.DocumentBytes) throw new ArchiveRefusedException(ArchiveErrors.TooLarge, path);

        await using var stream = Open(path);
        return await ReadAllAsync(stream, _items[path].Unpacked, cancellationToken);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private static async Task<ArchiveReader> ReadAsync(
        FileStream file, ArchiveLimits limits, CancellationToken cancellationToken)
    {
        var items = ZipDirectory.Read(file, limits);
        if (!items.TryGetValue(ArchiveModel.ManifestPath, out var item))
            throw new ArchiveRefusedException(ArchiveErrors.Manifest, ArchiveModel.ManifestPath);
        if (item.Unpacked > limits.DocumentBytes)
            throw new ArchiveRefusedException(ArchiveErrors.TooLarge, ArchiveModel.ManifestPath);

        await using var stream = Open(file, item, sha256: null);
        var manifest = ArchiveManifest.Parse(await ReadAllAsync(stream, item.Unpacked, cancellationToken));
        Compare(manifest, items);
        return new ArchiveReader(file, limits, items, manifest);
    }

    /// <summary>What the manifest has and what the directory has is the same.</summary>
    private static void Compare(ArchiveManifest manifest, IReadOnlyDictionary<string, ZipItem> items)
    {
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in manifest.Entries)
            if (!said.Add(entry.Path)) throw new ArchiveRefusedException(ArchiveErrors.DuplicateEntry, entry.Path);
        if (items.Keys.FirstOrDefault(path => path != ArchiveModel.ManifestPath && !said.Contains(path)) is { } unsaid)
            throw new ArchiveRefusedException(ArchiveErrors.UnknownEntry, unsaid);

        foreach (var entry in manifest.Entries)
        {
            if (!items.TryGetValue(entry.Path, out var item) || entry.Path == ArchiveModel.ManifestPath)
                throw new ArchiveRefusedException(ArchiveErrors.Manifest, entry.Path);
            if (item.Unpacked != entry.Bytes) throw new ArchiveRefusedException(ArchiveErrors.SizeMismatch, entry.Path);
        }
    }

    private static EntryStream Open(FileStream file, ZipItem item, byte[]? sha256)
    {
        var packed = new FileSlice(file.SafeFileHandle, item.DataAt, item.Packed);
        return new EntryStream(
            item.IsDeflated ? new DeflateStream(packed, CompressionMode.Decompress) : packed, item, sha256);
    }

    /// <summary>One byte of room more than there may be: the end is seen, and with it whether all of it is right.</summary>
    private static async Task<byte[]> ReadAllAsync(Stream stream, long size, CancellationToken cancellationToken)
    {
        var bytes = new byte[size + 1];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return bytes[..read];
    }
}
