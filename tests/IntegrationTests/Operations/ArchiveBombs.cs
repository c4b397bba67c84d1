using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>What nobody means well with, and the code that each is refused with.</summary>
internal static class ArchiveBombs
{
    private const string Events = "entities/events.ndjson", Registrations = "entities/registrations.ndjson";

    private const int MiB = 1 << 20;

    public static readonly IReadOnlyDictionary<string, (string Code, Func<byte[]> Make)> All =
        new Dictionary<string, (string, Func<byte[]>)>
        {
            // The container.
            ["a gibibyte of JSON, packed a thousand to one"] = ("archive_ratio", () => Inflated(Events, claimed: 1L << 30)),
            ["a gibibyte that says it is a hundred bytes"] = ("archive_size_mismatch", () => Inflated(Events, claimed: 100)),
            ["a gibibyte that says so to the manifest too"] = ("archive_size_mismatch", () => Inflated("organization.json", claimed: 100)),
            ["fewer bytes than it says"] = ("archive_size_mismatch", () => Changed(Events, entry => entry with { Unpacked = 5_000 }, bytes: 5_000)),
            ["sizes of which all together are too many"] = ("archive_too_large", TooLargeTogether),
            ["a hundred thousand entries"] = ("archive_too_many_entries", () => Entries(entries => [.. entries, .. Many(100_000)])),
            ["a directory that is longer than it says"] = ("archive_unreadable", () => Claimed(1)),
            ["a directory that is shorter than it says"] = ("archive_unreadable", () => Claimed(5_000)),
            ["a path that climbs"] = ("archive_unknown_entry", () => Renamed("../../etc/passwd")),
            ["a path from the root"] = ("archive_unknown_entry", () => Renamed("/etc/passwd")),
            ["a path with backslashes"] = ("archive_unknown_entry", () => Renamed("files\\..\\x")),
            ["a path in other letters"] = ("archive_unknown_entry", () => Renamed("entities/Events.ndjson")),
            ["a path that only looks the same"] = ("archive_unknown_entry", () => Renamed("entities/еvents.ndjson")),
            ["a path with a zero byte"] = ("archive_unknown_entry", () => Renamed("entities/events.ndjson\0.png")),
            ["a local header of another path"] = ("archive_unreadable", () => Changed(Events, entry => entry with { LocalPath = "entities/evil__.ndjson" })),
            ["the same entry twice"] = ("archive_duplicate_entry", () => Entries(entries => [entries[0], .. entries])),
            ["two entries of the same bytes"] = ("archive_overlap", Overlapping),
            ["a symbolic link"] = ("archive_not_a_file", () => Changed(Events, entry => entry with { Attributes = 0xA1FFu << 16 })),
            ["a device"] = ("archive_not_a_file", () => Changed(Events, entry => entry with { Attributes = 0x61B6u << 16 })),
            ["a folder"] = ("archive_not_a_file", () => Changed(Events, entry => entry with { Attributes = 0x10 })),
            ["an encrypted entry"] = ("archive_encrypted", () => Changed(Events, entry => entry with { Flags = 1 })),
            ["a method that is not read here"] = ("archive_compression", () => Changed(Events, entry => entry with { Method = 9, Packed = entry.Content })),
            ["a checksum of something else"] = ("archive_checksum_mismatch", () => Changed(Events, entry => entry with { Crc = 42 })),
            ["a digest of something else"] = ("archive_checksum_mismatch", () => Manifest(Events, entry => entry["sha256"] = new string('0', 64))),
            ["more rows than it says"] = ("archive_count_mismatch", () => Manifest(Events, entry => entry["count"] = 0)),
            ["more rows than there may be"] = ("archive_too_many_rows", () => Manifest(Registrations, entry => entry["count"] = 4_000_000_000)),
            ["an entry that the manifest does not list"] = ("archive_unknown_entry", () => Unlisted()),
            ["an entry that is listed and not there"] = ("archive_manifest", () => Entries(entries => [.. entries.Where(entry => entry.Path != Registrations)])),
            ["no manifest"] = ("archive_manifest", () => Entries(entries => [.. entries.SkipLast(1)])),
            ["another version"] = ("archive_version", () => new ForgedArchive { SchemaVersion = 2 }.Build()),
            ["a manifest of another format"] = ("archive_manifest", () => new ForgedArchive { Manifest = manifest => manifest["format"] = "zip" }.Build()),
            ["a member twice in the manifest"] = ("archive_manifest", TwiceInManifest),
            ["half an archive"] = ("archive_unreadable", () => Whole()[..^500]),
            ["a comment with a second directory in it"] = ("archive_unreadable", () => ForgedZip.Write(Parts(), comment: Whole())),
            ["bytes in front"] = ("archive_unreadable", () => [.. "MZ"u8, .. Whole()]),
            ["a Brotli bomb of sixty-four mebibytes"] = ("archive_unreadable", Brotli),
            ["a gzip"] = ("archive_unreadable", Gzip),
            ["nothing at all"] = ("archive_unreadable", () => []),

            // The rows.
            ["ten thousand levels"] = ("malformed_json", () => Lines(Events, $"{{\"translations\":{new string('[', 10_000)}{new string(']', 10_000)}}}\n")),
            ["a hundred thousand members"] = ("unknown_member", () => Lines(Events, $"{{{string.Join(',', Enumerable.Range(0, 100_000).Select(n => $"\"k{n}\":1"))}}}\n"[..(MiB - 10)] + "\n")),
            ["a name of eight mebibytes"] = ("archive_line_too_long", () => Lines(Events, $"{{\"{Noise(8 * MiB)}\":1}}\n")),
            ["a text without an end"] = ("archive_line_too_long", () => Lines(Events, $"{{\"title\":\"{Noise(8 * MiB)}")),
            ["a line that ends in the middle"] = ("malformed_json", () => Lines(Events, "{\"title\":\"Spring")),
            ["a member twice"] = ("duplicate_member", () => Row(line => line.Replace("\"title\":", "\"title\":\"x\",\"title\":", StringComparison.Ordinal))),
            ["a member that nobody knows"] = ("unknown_member", () => Row(line => line.Replace("\"title\":", "\"isAdmin\":true,\"title\":", StringComparison.Ordinal))),
            ["the tenant's key in a row"] = ("unknown_member", () => Row(line => line.Replace("\"title\":", $"\"orgId\":\"{ForgedArchive.NewId()}\",\"title\":", StringComparison.Ordinal))),
            ["what follows from other columns"] = ("unknown_member", () => Row(line => line.Replace("\"title\":", "\"registered\":-5,\"title\":", StringComparison.Ordinal))),
            ["a member too few"] = ("missing_member", () => Row(line => line.Replace("\"title\":\"Spring Meetup\",", "", StringComparison.Ordinal))),
            ["a zero byte"] = ("malformed_json", () => Row(line => line.Replace("Spring", "Spr\0ng", StringComparison.Ordinal))),
            ["an escaped zero"] = ("control_character", () => Row(line => line.Replace("Spring", "Spr\\u0000ng", StringComparison.Ordinal))),
            ["half a surrogate"] = ("malformed_json", () => Row(line => line.Replace("Spring", "Spr\\ud800ng", StringComparison.Ordinal))),
            ["bytes that are no UTF-8"] = ("invalid_utf8", () => RowBytes(0xC0)),
            ["a control character"] = ("control_character", () => Row(line => line.Replace("Spring", "Spr\\u0007ng", StringComparison.Ordinal))),
            ["a number for a text"] = ("invalid_value", () => Row(line => line.Replace("\"Spring Meetup\"", "7", StringComparison.Ordinal))),
            ["a null for a text"] = ("invalid_value", () => Row(line => line.Replace("\"Spring Meetup\"", "null", StringComparison.Ordinal))),
            ["a text that is too long"] = ("maximum_length", () => Row(line => line.Replace("Spring Meetup", new string('x', 201), StringComparison.Ordinal))),
            ["a word that there is not"] = ("invalid_value", () => Row(line => line.Replace("\"public\"", "\"Public\"", StringComparison.Ordinal))),
            ["a date that there is not"] = ("invalid_value", () => Row(line => line.Replace("2035-04-01T09", "2035-02-30T09", StringComparison.Ordinal))),
            ["an end before the beginning"] = ("greater_than", () => Row(line => line.Replace("2035-04-01T17", "2035-04-01T08", StringComparison.Ordinal))),
            ["an address of a script"] = ("not_https", () => Row(line => line.Replace("\"onlineUrl\":null", "\"onlineUrl\":\"javascript:alert(1)\"", StringComparison.Ordinal))),
            ["a list of rows instead of rows"] = ("malformed_json", () => Row(line => $"[{line.TrimEnd()}]\n")),
            ["an empty line"] = ("malformed_json", () => Row(line => "\n" + line)),
            ["a row twice"] = ("archive_order", () => Row(line => line + line)),
            ["a slug twice"] = ("duplicate_value", () => Made(archive => (archive.AddEvent(row => row["slug"] = "a"), archive.AddEvent(row => row["slug"] = "a")))),
            ["a row that points at nothing"] = ("unknown_reference", () => Made(archive => archive.AddRegistration(ForgedArchive.NewId()))),
            ["a cover that is no image"] = ("file_not_an_image", () => Made(archive => archive.AddEvent(row => row["coverFileId"] = archive.AddFile("x"u8.ToArray())))),
            ["more people than fit"] = ("capacity_below_registered", () => Made(archive => Crowd(archive, archive.AddEvent(row => row["capacity"] = 1)))),
            ["an address in two cases"] = ("duplicate_value", () => Made(archive => (archive.AddUser("Ann@example.test"), archive.AddUser("ann@EXAMPLE.test")))),
            ["a permission that there is not"] = ("unknown_permission", () => Made(archive => archive.AddRole("root", false, "tenants:all"))),
            ["a built-in role of its own making"] = ("unknown_role", () => Made(archive => archive.AddRole("god", true, "*"))),
            ["a currency that there is not"] = ("unknown_currency", () => Row(line => line.Replace("\"KRW\"", "\"AAA\"", StringComparison.Ordinal))),

            // Rows that are right, and too many.
            ["more roles than anybody has"] = ("archive_too_many_rows", () => Many("roles", 1_001, n =>
                $$"""{"id":"{{n}}","builtIn":false,"createdAt":"2026-01-02T03:04:05Z","name":"{{n}}","permissions":["events:read"]}""")),
            ["more guests than fit into memory"] = ("archive_too_many_rows", () => Many("invitations", 200_010, Guest)),
            ["more guests than there is room for"] = ("quota_exceeded", () => Many("invitations", 20_000, Guest)),
            ["a zip in place of rows"] = ("invalid_utf8", () => new ForgedArchive { Lines = { ["events"] = Whole() } }.Build()),
        };

    /// <summary>An event of which all is right.</summary>
    public static byte[] Whole()
    {
        var archive = new ForgedArchive();
        archive.AddRegistration(archive.AddEvent());
        return archive.Build();
    }

    private static byte[] Made(Action<ForgedArchive> make)
    {
        var archive = new ForgedArchive();
        make(archive);
        return archive.Build();
    }

    private static byte[] Made<T>(Func<ForgedArchive, T> make) => Made(archive => { make(archive); });

    private static void Crowd(ForgedArchive archive, Guid id)
    {
        archive.AddRegistration(id);
        archive.AddRegistration(id);
    }

    private static byte[] Entries(Func<List<ForgedEntry>, IReadOnlyList<ForgedEntry>> change)
    {
        var archive = new ForgedArchive { Entries = change };
        archive.AddEvent();
        return archive.Build();
    }

    private static List<ForgedEntry> Parts()
    {
        var parts = new List<ForgedEntry>();
        Entries(entries => parts = entries);
        return parts;
    }

    private static byte[] Claimed(int count) => ForgedZip.Write(Parts(), count);

    private static byte[] Changed(string path, Func<ForgedEntry, ForgedEntry> change, long? bytes = null)
    {
        var archive = new ForgedArchive
        {
            Entries = entries => [.. entries.Select(entry => entry.Path == path ? change(entry) : entry)],
            Manifest = manifest =>
            {
                if (bytes is { } said) EntryOf(manifest, path)["bytes"] = said;
            },
        };
        archive.AddEvent();
        return archive.Build();
    }

    private static readonly Lazy<byte[]> Blanks = new(() => ForgedZip.Bomb(1L << 30, (byte)' '));

    private static byte[] Inflated(string path, long claimed) => Changed(
        path,
        entry => entry with { Packed = Blanks.Value, Unpacked = claimed },
        claimed);

    /// <summary>Each with a ratio that is fine.</summary>
    private static byte[] TooLargeTogether() => Entries(entries =>
    [
        .. entries,
        .. Enumerable.Range(0, 10).Select(n => new ForgedEntry($"files/{ForgedArchive.NewId()}", [])
        {
            Method = 0, Packed = new byte[64 * 1024], Unpacked = 1L << 30, IsZip64 = true,
        }).Select(entry => entry with { Packed = new byte[5 * MiB] }),
    ]);

    private static byte[] Renamed(string path) =>
        Entries(entries => [.. entries.Select(entry => entry.Path == Events ? entry with { Path = path } : entry)]);

    private static byte[] Unlisted() => Entries(entries => [.. entries, new($"files/{ForgedArchive.NewId()}", [1])]);

    private static byte[] Overlapping() => Entries(entries =>
        [.. entries, new ForgedEntry($"files/{ForgedArchive.NewId()}", entries[^1].Content) { SharesWith = entries.Count - 1 }]);

    private static IEnumerable<ForgedEntry> Many(int count) =>
        Enumerable.Range(0, count).Select(_ => new ForgedEntry($"files/{ForgedArchive.NewId()}", []) { Method = 0 });

    private static byte[] Manifest(string path, Action<JsonObject> change)
    {
        var archive = new ForgedArchive { Manifest = manifest => change(EntryOf(manifest, path)) };
        archive.AddEvent();
        return archive.Build();
    }

    private static JsonObject EntryOf(JsonObject manifest, string path) => manifest["entries"]!.AsArray()
        .Single(entry => entry!["path"]!.GetValue<string>() == path)!.AsObject();

    private static byte[] TwiceInManifest() => Changed("manifest.json", entry => entry with
    {
        Content = Encoding.UTF8.GetBytes("{\"format\":\"cleantenancy-archive\"," + Encoding.UTF8.GetString(entry.Content)[1..]),
    });

    private static byte[] Lines(string path, string lines) => new ForgedArchive
    {
        Lines = { [Path.GetFileNameWithoutExtension(path)] = Encoding.UTF8.GetBytes(lines) },
        Manifest = manifest => EntryOf(manifest, path)["count"] = Math.Max(1, lines.Count(c => c == '\n')),
    }.Build();

    private static string Guest(Guid id) =>
        $$"""{"id":"{{id}}","acceptedAt":null,"createdAt":"2026-01-02T03:04:05Z","email":"{{id}}@a.test","expiresAt":"2026-01-02T03:04:05Z","invitedBy":"{{Inviter}}","revokedAt":null,"roleIds":["{{Viewer}}"],"updatedAt":"2026-01-02T03:04:05Z"}""";

    private static readonly Guid Inviter = ForgedArchive.NewId(), Viewer = ForgedArchive.NewId();

    /// <summary>With a member and a role that they may point at.</summary>
    private static byte[] Many(string table, int count, Func<Guid, string> row)
    {
        var archive = new ForgedArchive();
        archive.AddUser("inviter@a.test");
        archive.AddRole("viewer", builtIn: true);
        archive.Rows("users")[0]["id"] = Inviter;
        archive.Rows("roles")[0]["id"] = Viewer;
        var lines = new StringBuilder();
        for (var n = 0; n < count; n++) lines.Append(row(ForgedArchive.NewId())).Append('\n');
        archive.Lines[table] = Encoding.UTF8.GetBytes(lines.ToString());
        archive.Entries = entries => [.. entries.Select(entry => entry with { Method = 0 })]; // packing takes longer than reading
        return archive.Build();
    }

    private static byte[] Row(Func<string, string> change) => Lines(Events, change(Line()));

    private static byte[] RowBytes(byte wrong)
    {
        var bytes = Encoding.UTF8.GetBytes(Line());
        bytes[bytes.AsSpan().IndexOf("Spring"u8)] = wrong;
        return new ForgedArchive { Lines = { ["events"] = bytes } }.Build();
    }

    private static string Line()
    {
        var archive = new ForgedArchive();
        archive.AddEvent();
        return archive.Rows("events")[0].ToJsonString() + "\n";
    }

    /// <summary>Letters that hardly pack: the ratio shall not be what is found.</summary>
    private static string Noise(int length) => Convert.ToHexString(RandomNumberGenerator.GetBytes(length / 2));

    private static byte[] Brotli()
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal)) brotli.Write(new byte[64 * MiB]);
        return packed.ToArray();
    }

    private static byte[] Gzip()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Whole());
        return packed.ToArray();
    }
}
