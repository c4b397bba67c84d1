using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Infrastructure.Archives;

/// <inheritdoc cref="IExportDocuments"/>
internal sealed class ExportDocuments(ArchiveModel model, IFileStore store) : IExportDocuments
{
    private const int FlushAt = 64 * 1024;

    /// <summary>Copied as they are in the archive; one that it does not have yet is empty.</summary>
    private static readonly string[] Before = ["events", "programs", "registrations"], After = ["payments"];

    public async Task WriteAsync(FileKey archive, long bytes, Stream output, CancellationToken cancellationToken)
    {
        // Users are read beside their roles: two places in one archive, so it is opened twice.
        await using var first = await OpenAsync(archive, bytes, cancellationToken);
        await using var second = await OpenAsync(archive, bytes, cancellationToken);
        var writer = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        writer.Write("{\"organization\":"u8);
        await CopyAsync(first, ArchiveModel.OrganizationPath, writer, cancellationToken);
        foreach (var name in Before) await WriteArrayAsync(first, name, writer, cancellationToken);
        await WriteUsersAsync(first, second, writer, cancellationToken);
        foreach (var name in After) await WriteArrayAsync(first, name, writer, cancellationToken);
        writer.Write("}"u8);
        await writer.FlushAsync(cancellationToken);
        await writer.CompleteAsync();
    }

    private async Task WriteArrayAsync(
        ZipArchive zip, string name, PipeWriter writer, CancellationToken cancellationToken)
    {
        WriteName(writer, name);
        if (model.Find(name) is { } table) await CopyAsync(zip, table.Path, writer, cancellationToken);
        writer.Write("]"u8);
    }

    private static void WriteName(PipeWriter writer, string name)
    {
        writer.Write(",\""u8);
        Encoding.ASCII.GetBytes(name, writer);
        writer.Write("\":["u8);
    }

    private static async Task CopyAsync(
        ZipArchive zip, string path, PipeWriter writer, CancellationToken cancellationToken)
    {
        var isFirst = true;
        await using var lines = await LinesAsync(zip, path, cancellationToken);
        while (await lines.NextAsync(cancellationToken))
        {
            if (!isFirst) writer.Write(","u8);
            writer.Write(lines.Current.Span);
            isFirst = false;
            if (writer.UnflushedBytes > FlushAt) await writer.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Both are in the order of the user's id: they are read side by side, and nobody is kept in memory.</summary>
    private async Task WriteUsersAsync(
        ZipArchive zip, ZipArchive beside, PipeWriter writer, CancellationToken cancellationToken)
    {
        var names = new Dictionary<Guid, string>();
        await using (var roles = await LinesAsync(zip, model.Find("roles")!.Path, cancellationToken))
            while (await roles.NextAsync(cancellationToken))
            {
                using var role = JsonDocument.Parse(roles.Current);
                names[IdOf(role, "id")] = role.RootElement.GetProperty("name").GetString()!;
            }

        WriteName(writer, "users");
        await using var given = await LinesAsync(beside, model.Find("user_roles")!.Path, cancellationToken);
        var next = await NextAsync();
        await using var json = new Utf8JsonWriter(writer, ArchiveLines.Options);
        var isFirst = true;
        await using var users = await LinesAsync(zip, model.Find("users")!.Path, cancellationToken);
        while (await users.NextAsync(cancellationToken))
        {
            using var user = JsonDocument.Parse(users.Current);
            var id = IdOf(user, "id");
            if (!isFirst) writer.Write(","u8);
            isFirst = false;
            json.Reset();
            json.WriteStartObject();
            json.WriteString("id", id);
            foreach (var member in new[] { "email", "name" })
            {
                json.WritePropertyName(member);
                user.RootElement.GetProperty(member).WriteTo(json);
            }

            json.WriteStartArray("roles");
            for (; next?.User == id; next = await NextAsync()) json.WriteStringValue(names[next.Value.Role]);
            json.WriteEndArray();
            json.WriteEndObject();
            await json.FlushAsync(cancellationToken);
            if (writer.UnflushedBytes > FlushAt) await writer.FlushAsync(cancellationToken);
        }

        writer.Write("]"u8);

        async Task<(Guid User, Guid Role)?> NextAsync()
        {
            if (!await given.NextAsync(cancellationToken)) return null;

            using var row = JsonDocument.Parse(given.Current);
            return (IdOf(row, "userId"), IdOf(row, "roleId"));
        }
    }

    private static Guid IdOf(JsonDocument row, string member) => row.RootElement.GetProperty(member).GetGuid();

    private static async Task<NdjsonLines> LinesAsync(ZipArchive zip, string path, CancellationToken cancellationToken)
    {
        var entry = zip.GetEntry(path) ?? throw new InvalidDataException($"The archive has no {path}.");
        return new(await entry.OpenAsync(cancellationToken), path, maxLine: int.MaxValue); // lines are ours
    }

    private async Task<ZipArchive> OpenAsync(FileKey archive, long bytes, CancellationToken cancellationToken) =>
        await ZipArchive.CreateAsync(
            new StoredStream((from, stop) => store.OpenAsync(archive, from, stop), bytes), ZipArchiveMode.Read,
            leaveOpen: false, entryNameEncoding: null, cancellationToken);
}
