using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Writes an archive (docs/archive-format.md). Rows first, in one transaction; it has ended when the files' bytes are
/// fetched from the store.
/// </summary>
internal sealed class ArchiveWriter(
    ArchiveModel model, IDbContextFactory<AppDbContext> contexts, IFileStore store, TimeProvider clock)
{
    private const int BufferSize = 128 * 1024;

    /// <param name="org">Whose.</param>
    /// <param name="output">Can seek; what is there is not read.</param>
    /// <param name="meter">Told of rows and files.</param>
    public async Task WriteAsync(TenantId org, Stream output, OperationMeter meter, CancellationToken cancellationToken)
    {
        var zip = await ZipArchive.CreateAsync(
            output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        await using (zip)
        {
            var contents = new Contents(org, clock.Now());
            await WriteRowsAsync(zip, contents, meter, cancellationToken);
            await WriteFilesAsync(zip, contents, meter, cancellationToken);
            await WriteManifestAsync(zip, contents, cancellationToken);
        }
    }

    private async Task WriteRowsAsync(
        ZipArchive zip, Contents contents, OperationMeter meter, CancellationToken cancellationToken)
    {
        await using var snapshot = await ArchiveSnapshot.OpenAsync(contexts, contents.OrgId, cancellationToken);
        await WriteOrganizationAsync(zip, contents, snapshot, cancellationToken);
        foreach (var table in model.Tables)
            await WriteTableAsync(zip, contents, snapshot, table, meter, cancellationToken);
        meter.Expect(meter.Done + contents.Files.Count);
    }

    private async Task WriteOrganizationAsync(
        ZipArchive zip, Contents contents, ArchiveSnapshot snapshot, CancellationToken cancellationToken)
    {
        await using var entry = await NewEntryAsync(zip, ArchiveModel.OrganizationPath, cancellationToken);
        using var lines = new ArchiveLines(entry, model.Organization);
        await using (var row = await snapshot.ReadOrganizationAsync(model.Organization, cancellationToken))
        {
            if (!await row.ReadAsync(cancellationToken))
                throw new InvalidOperationException("The organization has no row.");

            contents.Slug = row.GetString(row.GetOrdinal("slug"));
            lines.Add(row);
        }

        await lines.FlushAsync(cancellationToken);
        contents.Entries.Add(new(ArchiveModel.OrganizationPath, Entity: null, Count: null, lines.Bytes, lines.Sha256()));
    }

    private static async Task WriteTableAsync(
        ZipArchive zip, Contents contents, ArchiveSnapshot snapshot, ArchiveTable table, OperationMeter meter,
        CancellationToken cancellationToken)
    {
        await using var entry = await NewEntryAsync(zip, table.Path, cancellationToken);
        using var lines = new ArchiveLines(entry, table.Columns);
        int[] keys = [.. table.Key.Select(key => table.Columns.ToList().IndexOf(key))];
        object[]? last = null;
        long before;
        do
        {
            before = lines.Count;
            await using var rows = await snapshot.ReadAsync(table, last, cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                if (lines.Count - before == ArchiveSnapshot.AtATime - 1)
                    last = [.. keys.Select(rows.GetValue)];
                if (table.Name == "files") contents.Files.Add(rows.GetGuid(keys[0]));
                if (lines.Add(rows)) await lines.FlushAsync(cancellationToken);
            }

            meter.Add(lines.Count - before);
        }
        while (lines.Count - before == ArchiveSnapshot.AtATime);

        await lines.FlushAsync(cancellationToken);
        contents.Entries.Add(new(table.Path, table.Name, lines.Count, lines.Bytes, lines.Sha256()));
    }

    private async Task WriteFilesAsync(
        ZipArchive zip, Contents contents, OperationMeter meter, CancellationToken cancellationToken)
    {
        foreach (var id in contents.Files)
        {
            var path = ArchiveModel.FileFolder + id;
            if (await OpenAsync(new(contents.OrgId, new(id)), cancellationToken) is { } content)
                contents.Entries.Add(await WriteFileAsync(zip, path, content, cancellationToken));
            else contents.Missing.Add(path);
            meter.Add(1);
        }
    }

    /// <returns>Null for a file that was deleted since the instant of the rows.</returns>
    private async Task<Stream?> OpenAsync(FileKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await store.OpenAsync(key, from: 0, cancellationToken);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static async Task<ArchiveEntry> WriteFileAsync(
        ZipArchive zip, string path, Stream content, CancellationToken cancellationToken)
    {
        await using (content)
        {
            // Most of what people upload is compressed already.
            await using var entry = await NewEntryAsync(zip, path, cancellationToken, CompressionLevel.NoCompression);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (buffer, bytes) = (new byte[BufferSize], 0L);
            while (await content.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                hash.AppendData(buffer, 0, read);
                await entry.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                bytes += read;
            }

            return new(path, Entity: null, Count: null, bytes, Convert.ToHexStringLower(hash.GetCurrentHash()));
        }
    }

    private static async Task WriteManifestAsync(
        ZipArchive zip, Contents contents, CancellationToken cancellationToken)
    {
        await using var entry = await NewEntryAsync(zip, ArchiveModel.ManifestPath, cancellationToken);
        await using var json = new Utf8JsonWriter(entry, ArchiveLines.Options);
        json.WriteStartObject();
        json.WriteString("format", ArchiveModel.Format);
        json.WriteNumber("schemaVersion", ArchiveModel.SchemaVersion);
        json.WriteString("exportedAt", contents.At.UtcDateTime);
        json.WriteStartObject("tenant");
        json.WriteString("id", contents.OrgId.Value);
        json.WriteString("slug", contents.Slug);
        json.WriteEndObject();
        json.WriteStartArray("entries");
        foreach (var one in contents.Entries)
        {
            json.WriteStartObject();
            json.WriteString("path", one.Path);
            if (one.Entity is not null) json.WriteString("entity", one.Entity);
            if (one.Count is { } count) json.WriteNumber("count", count);
            json.WriteNumber("bytes", one.Bytes);
            json.WriteString("sha256", one.Sha256);
            json.WriteEndObject();
            if (json.BytesPending > BufferSize) await json.FlushAsync(cancellationToken);
        }

        json.WriteEndArray();
        json.WriteStartArray("missing");
        foreach (var path in contents.Missing) json.WriteStringValue(path);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static async Task<Stream> NewEntryAsync(
        ZipArchive zip, string path, CancellationToken cancellationToken,
        CompressionLevel level = CompressionLevel.Fastest) =>
        await zip.CreateEntry(path, level).OpenAsync(cancellationToken);

    /// <summary>What has been written so far: the manifest to be. A file costs some bytes of it, a row none.</summary>
    private sealed class Contents(TenantId org, DateTimeOffset at)
    {
        public TenantId OrgId => org;

        /// <summary>Just before the snapshot is taken.</summary>
        public DateTimeOffset At => at;

        public string Slug { get; set; } = "";

        public List<ArchiveEntry> Entries { get; } = [];

        public List<Guid> Files { get; } = [];

        public List<string> Missing { get; } = [];
    }

    private sealed record ArchiveEntry(string Path, string? Entity, long? Count, long Bytes, string Sha256);
}
