using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Reads all of an archive before anything is written: each row is what its table and the API ask of it, points at rows
/// of this archive only, and is there once. What it finds is small: ids of rows that others point at, and counts.
/// </summary>
internal sealed class ImportCheck(ArchiveModel model, ContentRules rules, ArchiveLimits limits)
{
    private const int BufferSize = 128 * 1024;

    /// <summary>What must be unique in a tenant, beside the ids.</summary>
    private static readonly Dictionary<string, string[]> Unique = new()
    {
        ["roles"] = ["name"],
        ["event_categories"] = ["name"],
        ["event_templates"] = ["name"],
        ["email_templates"] = ["key", "locale"],
        ["events"] = ["slug"],
    };

    /// <param name="archive">Opened: its directory and its manifest are fine.</param>
    /// <param name="problems">What is wrong with rows; with any of them the plan is worth nothing.</param>
    /// <param name="ids">For what others point at.</param>
    /// <param name="progress">Told each line.</param>
    /// <exception cref="ArchiveRefusedException">It cannot be read to its end, or breaks a limit.</exception>
    public async Task<ImportPlan> RunAsync(
        ArchiveReader archive, ImportProblems problems, SequentialIds ids, Action<long> progress,
        CancellationToken cancellationToken)
    {
        var entries = Entries(archive);
        var reading = new Reading(archive, problems, ids, progress, new ImportPlan());
        await ReadOrganizationAsync(archive, cancellationToken);
        try
        {
            foreach (var table in model.Tables)
                if (table.IsHistory) await PassAsync(archive, table, cancellationToken);
                else await ReadAsync(reading, table, entries, cancellationToken);
            Conclude(reading);
        }
        catch (TooManyProblemsException)
        {
            // Those that were found are told.
        }

        return reading.Plan;
    }

    /// <summary>Tables of ours and nothing else, and files that have a name of ours.</summary>
    private Dictionary<Guid, ManifestEntry> Entries(ArchiveReader archive)
    {
        var files = new Dictionary<Guid, ManifestEntry>();
        foreach (var entry in archive.Entries)
        {
            if (model.Tables.FirstOrDefault(table => table.Path == entry.Path) is { } table)
            {
                if (entry.Entity != table.Name || entry.Count is null or < 0)
                    throw new ArchiveRefusedException(ArchiveErrors.Manifest, entry.Path);
            }
            else if (FileId(entry.Path) is { } id) files.Add(id, entry);
            else if (entry.Path != ArchiveModel.OrganizationPath)
                throw new ArchiveRefusedException(ArchiveErrors.UnknownEntry, entry.Path);
        }

        if (!archive.Has(ArchiveModel.OrganizationPath))
            throw new ArchiveRefusedException(ArchiveErrors.Manifest, ArchiveModel.OrganizationPath);
        if (model.Tables.Where(table => !table.IsHistory).Sum(table => archive.Count(table.Path)) > limits.Rows)
            throw new ArchiveRefusedException(ArchiveErrors.TooManyRows);
        return files;
    }

    /// <summary>In lower case and with hyphens: one file has one name.</summary>
    private static Guid? FileId(string path) =>
        path.StartsWith(ArchiveModel.FileFolder, StringComparison.Ordinal)
        && Guid.TryParseExact(path[ArchiveModel.FileFolder.Length..], "D", out var id)
        && path == $"{ArchiveModel.FileFolder}{id}"
            ? id
            : null;

    /// <summary>To be read by people: nothing of it is taken over, but it is what it says that it is.</summary>
    private async Task ReadOrganizationAsync(ArchiveReader archive, CancellationToken cancellationToken)
    {
        var bytes = await archive.ReadAllAsync(ArchiveModel.OrganizationPath, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = limits.Depth });
            if (document.RootElement.ValueKind is JsonValueKind.Object) return;
        }
        catch (JsonException malformed)
        {
            throw new ArchiveRefusedException(
                new ArchiveProblem("malformed_json", ArchiveModel.OrganizationPath), malformed);
        }

        throw new ArchiveRefusedException("malformed_json", ArchiveModel.OrganizationPath);
    }

    /// <summary>Nothing of it is imported; it is whole, and has as many lines as it says.</summary>
    private static async Task PassAsync(ArchiveReader archive, ArchiveTable table, CancellationToken cancellationToken)
    {
        await using var lines = archive.OpenRows(table.Path);
        while (await lines.NextAsync(cancellationToken))
        {
        }

        RequireCount(archive, table, lines.Line - 1);
    }

    private async Task ReadAsync(
        Reading reading, ArchiveTable table, Dictionary<Guid, ManifestEntry> files, CancellationToken cancellationToken)
    {
        var (parser, row) = (new RowParser(table, limits), new RowReader(table));
        var (content, references) = (rules.Of(table), References(table));
        var (special, key) = (Special(table, reading), new RowKey(table));
        await using var lines = reading.Archive.OpenRows(table.Path);
        while (await lines.NextAsync(cancellationToken))
        {
            if (lines.Line > limits.RowsOf(table)) throw new ArchiveRefusedException(ArchiveErrors.TooManyRows, table.Path);
            reading.Progress(1);
            var wrong = parser.Parse(lines.Current.Span);
            // Without its key nothing can be said of the next line's.
            if (wrong is null && !key.Follows(parser.Values))
                throw new ArchiveRefusedException(ArchiveErrors.Order, table.Path, lines.Line);

            wrong ??= content(parser.Values) ?? references(parser.Values, reading.Plan)
                ?? special(row.With(parser.Values), lines.Line);
            if (wrong is { } found) reading.Problems.Add(found.Code, table.Path, lines.Line, found.Member);
        }

        reading.Plan.Lines[table.Name] = lines.Line - 1;
        RequireCount(reading.Archive, table, lines.Line - 1);
        // Before the events, which may show only those that are images.
        if (table.Name == "files") await ReadFilesAsync(reading, files, cancellationToken);
    }

    private static void RequireCount(ArchiveReader archive, ArchiveTable table, long lines)
    {
        if (archive.Count(table.Path) != lines)
            throw new ArchiveRefusedException(ArchiveErrors.CountMismatch, table.Path);
    }

    /// <summary>Every id of another row is one of a row that stands before it: never one of the database.</summary>
    private static Func<object?[], ImportPlan, (string Code, string? Member)?> References(ArchiveTable table)
    {
        var all = table.Columns.ToList();
        var references = table.References.Select(one => (At: all.IndexOf(one.Column), one.Table, one.Column.Member)).ToList();
        return (values, plan) =>
        {
            foreach (var (at, target, member) in references)
            {
                var isKnown = values[at] switch
                {
                    null => true,
                    Guid id => plan.Ids[target].ContainsKey(id),
                    Guid[] ids => Array.TrueForAll(ids, plan.Ids[target].ContainsKey),
                    var other => throw new InvalidOperationException($"{table.Name}.{member} points with a {other}."),
                };
                if (!isKnown) return ("unknown_reference", member);
            }

            return null;
        };
    }

    /// <summary>What is kept of a row in memory, and what only that can tell.</summary>
    private Func<RowReader, long, (string Code, string? Member)?> Special(ArchiveTable table, Reading reading)
    {
        var plan = reading.Plan;
        var isPointedAt = model.Tables.Any(one => one.References.Any(reference => reference.Table == table.Name));
        if (isPointedAt) plan.Ids[table.Name] = [];
        var unique = Unique.GetValueOrDefault(table.Name);
        var isHeld = isPointedAt || unique is not null || ArchiveImport.People.Contains(table.Name);
        var seen = new HashSet<UInt128>();
        return (row, line) =>
        {
            if (isHeld) reading.Hold(limits);
            if (isPointedAt) plan.Ids[table.Name].Add(row.Id(), reading.Ids.Next());

            // Kept first, judged then: whatever points at a row that is wrong can be read all the same.
            var wrong = table.Name switch
            {
                "users" => User(row, plan, seen),
                "user_roles" => UserRole(row, plan),
                "events" => Event(row, line, plan),
                "programs" => Program(row, plan),
                "registrations" => Registration(row, plan),
                _ => null,
            };
            return unique is not null && !seen.Add(Digest(string.Join('\0', unique.Select(row.Text))))
                ? ("duplicate_value", unique[0])
                : wrong;
        };
    }

    private static (string Code, string? Member)? User(RowReader row, ImportPlan plan, HashSet<UInt128> seen)
    {
        if (!seen.Add(Digest(EmailAddress.Normalize(row.Text("email")!)))) return ("duplicate_value", "email");
        if (row.Text("status") == "active") plan.Members.Add(row.Id(), []);
        return null;
    }

    private static (string Code, string? Member)? UserRole(RowReader row, ImportPlan plan)
    {
        if (plan.Members.TryGetValue(row.Id("userId"), out var roles)) roles.Add(row.Id("roleId"));
        return null;
    }

    private static (string Code, string? Member)? Event(RowReader row, long line, ImportPlan plan)
    {
        plan.Events.Add(row.Id(), new ImportedEvent
        {
            Counts = row.Text("status") is "draft" or "live",
            IsArchived = row.Text("status") is "archived",
            StartsAt = (DateTime)row["startsAt"]!,
            EndsAt = (DateTime)row["endsAt"]!,
            Capacity = row.Number("capacity"),
            Line = line,
        });
        return row["coverFileId"] is Guid cover && plan.Files.TryGetValue(cover, out var file)
            && !StoredFile.IsImageType(file.ContentType)
                ? ("file_not_an_image", "coverFileId")
                : null;
    }

    private static (string Code, string? Member)? Program(RowReader row, ImportPlan plan) =>
        plan.Events[row.Id("eventId")] is var of
        && ((DateTime)row["startsAt"]! < of.StartsAt || (DateTime)row["endsAt"]! > of.EndsAt)
            ? ("program_outside_event", "startsAt")
            : null;

    private static (string Code, string? Member)? Registration(RowReader row, ImportPlan plan)
    {
        if (row.Text("status") is not ("held" or "active")) return null;

        var of = plan.Events[row.Id("eventId")];
        of.Registered++;
        if (!of.IsArchived) plan.Participants++;
        return null;
    }

    /// <summary>What can be told only when all rows have been seen.</summary>
    private void Conclude(Reading reading)
    {
        var path = model.Find("events")!.Path;
        foreach (var one in reading.Plan.Events.Values.Where(one => one.Registered > one.Capacity))
            reading.Problems.Add("capacity_below_registered", path, one.Line, "capacity");
    }

    /// <summary>What each file's bytes say: the type by the content, and that they are all there and the right ones.</summary>
    private async Task ReadFilesAsync(
        Reading reading, Dictionary<Guid, ManifestEntry> files, CancellationToken cancellationToken)
    {
        var known = reading.Plan.Ids["files"];
        if (files.FirstOrDefault(pair => !known.ContainsKey(pair.Key)) is { Value: { } stray })
            throw new ArchiveRefusedException(ArchiveErrors.UnknownEntry, stray.Path);
        if (known.Keys.FirstOrDefault(id => !files.ContainsKey(id) && !reading.Archive.Lacks(id)) is var lost && lost != default)
            throw new ArchiveRefusedException(ArchiveErrors.Manifest, $"{ArchiveModel.FileFolder}{lost}");

        var header = new byte[ContentSniffer.HeaderLength];
        foreach (var (id, entry) in files.OrderBy(pair => pair.Key))
        {
            if (entry.Bytes > limits.FileBytes) throw new ArchiveRefusedException(FileErrors.TooLarge(limits.FileBytes), entry.Path);

            await using var bytes = reading.Archive.Open(entry.Path);
            var read = await bytes.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
            await bytes.CopyToAsync(Stream.Null, BufferSize, cancellationToken);
            reading.Plan.Files.Add(id, new FileContentFacts(
                ContentSniffer.TypeOf(header.AsSpan(0, read)), entry.Bytes, Convert.FromHexString(entry.Sha256)));
            reading.Plan.StorageBytes += entry.Bytes;
        }
    }

    /// <summary>Enough of it that two texts are never taken for the same, and always as long.</summary>
    internal static UInt128 Digest(string text) =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class Reading(
        ArchiveReader archive, ImportProblems problems, SequentialIds ids, Action<long> progress, ImportPlan plan)
    {
        private int _held;

        public ArchiveReader Archive => archive;

        public ImportProblems Problems => problems;

        public SequentialIds Ids => ids;

        public Action<long> Progress => progress;

        public ImportPlan Plan => plan;

        public void Hold(ArchiveLimits most)
        {
            if (++_held > most.HeldRows) throw new ArchiveRefusedException(ArchiveErrors.TooManyRows);
        }
    }
}

/// <summary>The order of an entry's lines, by which a row that is there twice is seen without remembering any.</summary>
internal sealed class RowKey(ArchiveTable table)
{
    private readonly int[] _at = [.. table.Key.Select(column => table.Columns.ToList().IndexOf(column))];

    private Guid[]? _last;

    /// <returns>False unless this key is above the last one.</returns>
    public bool Follows(object?[] values)
    {
        var key = Array.ConvertAll(_at, at => (Guid)values[at]!);
        var isAbove = _last is null || Compare(key, _last) > 0;
        _last = key;
        return isAbove;
    }

    private static int Compare(Guid[] left, Guid[] right)
    {
        for (var i = 0; i < left.Length; i++)
            if (left[i].CompareTo(right[i]) is var order and not 0)
                return order;
        return 0;
    }
}
