using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanTenancy.Infrastructure.Archives;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>An archive made by hand: right as it stands, until a test makes something of it wrong.</summary>
internal sealed class ForgedArchive
{
    private static readonly string[] Order =
    [
        "roles", "users", "user_roles", "invitations", "event_categories", "event_templates", "files", "events", "programs",
        "registrations", "email_templates", "audit_logs",
    ];

    private static long _ids;

    private readonly Dictionary<string, List<JsonObject>> _rows = Order.ToDictionary(table => table, _ => new List<JsonObject>());

    private readonly Dictionary<Guid, byte[]> _files = [];

    /// <summary>Lines as they are, in place of a table's rows.</summary>
    public Dictionary<string, byte[]> Lines { get; } = [];

    public int SchemaVersion { get; set; } = 1;

    /// <summary>The last word on the manifest.</summary>
    public Action<JsonObject> Manifest { get; set; } = _ => { };

    /// <summary>The last word on the entries: the manifest is the last one.</summary>
    public Func<List<ForgedEntry>, IReadOnlyList<ForgedEntry>> Entries { get; set; } = entries => entries;

    public IReadOnlyList<JsonObject> Rows(string table) => _rows[table];

    public Guid Add(string table, JsonObject row)
    {
        _rows[table].Add(row);
        return row["id"]?.GetValue<Guid>() ?? Guid.Empty;
    }

    public Guid AddFile(byte[] content, string name = "plan.txt")
    {
        var id = NewId();
        _files.Add(id, content);
        var by = _rows["users"].Count > 0 ? _rows["users"][0]["id"]!.GetValue<Guid>() : AddUser("file-owner@a.test");
        return Add("files", new JsonObject
        {
            ["id"] = id,
            ["contentType"] = "text/html",
            ["createdAt"] = "2026-01-02T03:04:05.123456Z",
            ["createdBy"] = by,
            ["name"] = name,
            ["sha256"] = Convert.ToBase64String(SHA256.HashData(content)),
            ["size"] = content.Length,
        });
    }

    public Guid AddUser(string email, string status = "active", params Guid[] roles)
    {
        var id = Add("users", new JsonObject
        {
            ["id"] = NewId(),
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["email"] = email,
            ["lastSignInAt"] = null,
            ["name"] = "Kim Minji",
            ["status"] = status,
            ["updatedAt"] = "2026-01-02T03:04:05Z",
        });
        foreach (var role in roles) Add("user_roles", new JsonObject { ["userId"] = id, ["roleId"] = role });
        return id;
    }

    public Guid AddRole(string name, bool builtIn, params string[] permissions) => Add("roles", new JsonObject
    {
        ["id"] = NewId(),
        ["builtIn"] = builtIn,
        ["createdAt"] = "2026-01-02T03:04:05Z",
        ["name"] = name,
        ["permissions"] = new JsonArray([.. permissions.Select(one => (JsonNode)one)]),
    });

    public Guid AddEvent(Action<JsonObject>? change = null)
    {
        var id = NewId();
        var row = new JsonObject
        {
            ["id"] = id,
            ["attendanceMode"] = "in_person",
            ["capacity"] = null,
            ["categoryId"] = null,
            ["contactEmail"] = null,
            ["coverFileId"] = null,
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["currency"] = "KRW",
            ["description"] = null,
            ["endsAt"] = "2035-04-01T17:00:00Z",
            ["onlineUrl"] = null,
            ["salesEndAt"] = null,
            ["salesStartAt"] = null,
            ["slug"] = $"spring-{id.ToString("N")[^10..]}",
            ["startsAt"] = "2035-04-01T09:00:00Z",
            ["status"] = "live",
            ["timeZone"] = "Asia/Seoul",
            ["title"] = "Spring Meetup",
            ["translations"] = null,
            ["updatedAt"] = "2026-01-02T03:04:05Z",
            ["venueAddress"] = null,
            ["venueName"] = null,
            ["visibility"] = "public",
        };
        change?.Invoke(row);
        return Add("events", row);
    }

    public Guid AddRegistration(Guid eventId, string email = "minji@example.test", Action<JsonObject>? change = null)
    {
        var row = new JsonObject
        {
            ["id"] = NewId(),
            ["cancelledAt"] = null,
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["email"] = email,
            ["eventId"] = eventId,
            ["name"] = "Kim Minji",
            ["status"] = "active",
            ["updatedAt"] = "2026-01-02T03:04:05Z",
        };
        change?.Invoke(row);
        return Add("registrations", row);
    }

    public Guid AddProgram(Guid eventId, Action<JsonObject>? change = null)
    {
        var row = new JsonObject
        {
            ["id"] = NewId(),
            ["capacity"] = null,
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["endsAt"] = "2035-04-01T10:00:00Z",
            ["eventId"] = eventId,
            ["room"] = "Hall 1",
            ["selectable"] = true,
            ["startsAt"] = "2035-04-01T09:00:00Z",
            ["title"] = "Opening",
            ["track"] = null,
            ["updatedAt"] = "2026-01-02T03:04:05Z",
        };
        change?.Invoke(row);
        return Add("programs", row);
    }

    public Guid AddCategory(string name) => Add("event_categories", new JsonObject
    {
        ["id"] = NewId(),
        ["createdAt"] = "2026-01-02T03:04:05Z",
        ["name"] = name,
        ["updatedAt"] = "2026-01-02T03:04:05Z",
    });

    public Guid AddTemplate(string name, Action<JsonObject>? change = null)
    {
        var row = new JsonObject
        {
            ["id"] = NewId(),
            ["attendanceMode"] = "online",
            ["capacity"] = 50,
            ["categoryId"] = null,
            ["contactEmail"] = null,
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["description"] = null,
            ["durationMinutes"] = 90,
            ["name"] = name,
            ["onlineUrl"] = null,
            ["title"] = "Monthly",
            ["updatedAt"] = "2026-01-02T03:04:05Z",
            ["venueAddress"] = null,
            ["venueName"] = null,
            ["visibility"] = "unlisted",
        };
        change?.Invoke(row);
        return Add("event_templates", row);
    }

    public Guid AddInvitation(string email, params Guid[] roles)
    {
        var by = _rows["users"].Count > 0 ? _rows["users"][0]["id"]!.GetValue<Guid>() : AddUser("inviter@a.test");
        return Add("invitations", new JsonObject
        {
            ["id"] = NewId(),
            ["acceptedAt"] = null,
            ["createdAt"] = "2026-01-02T03:04:05Z",
            ["email"] = email,
            ["expiresAt"] = "2026-01-09T03:04:05Z",
            ["invitedBy"] = by,
            ["revokedAt"] = null,
            ["roleIds"] = new JsonArray([.. roles.Select(one => (JsonNode)one)]),
            ["updatedAt"] = "2026-01-02T03:04:05Z",
        });
    }

    public Guid AddMail(string locale, string subject, string body, string key = "invitation") => Add("email_templates", new JsonObject
    {
        ["id"] = NewId(),
        ["body"] = body,
        ["createdAt"] = "2026-01-02T03:04:05Z",
        ["key"] = key,
        ["locale"] = locale,
        ["subject"] = subject,
        ["updatedAt"] = "2026-01-02T03:04:05Z",
    });

    /// <summary>As one that was made before there was such a table.</summary>
    public void LeaveOut(string table)
    {
        var path = $"entities/{table}.ndjson";
        var (entries, manifest) = (Entries, Manifest);
        Entries = all => [.. entries(all).Where(entry => entry.Path != path)];
        Manifest = json =>
        {
            manifest(json);
            var listed = json["entries"]!.AsArray();
            listed.Remove(listed.Single(entry => entry!["path"]!.GetValue<string>() == path));
        };
    }

    public byte[] Build()
    {
        var entries = new List<ForgedEntry> { new("organization.json", "{\"name\":\"Archive\",\"slug\":\"archive\"}"u8.ToArray()) };
        entries.AddRange(Order.Select(table => new ForgedEntry($"entities/{table}.ndjson", LinesOf(table))));
        entries.AddRange(_files.OrderBy(file => file.Key).Select(file => new ForgedEntry($"files/{file.Key}", file.Value)));
        entries.Add(new ForgedEntry("manifest.json", ManifestOf(entries)));
        return ForgedZip.Write(Entries(entries));
    }

    /// <summary>In the order in which they are asked for, so that a test knows the order of its lines.</summary>
    public static Guid NewId() => new($"01a20000-0000-7000-8000-{Interlocked.Increment(ref _ids):x12}");

    private byte[] LinesOf(string table) => Lines.TryGetValue(table, out var lines)
        ? lines
        : Encoding.UTF8.GetBytes(string.Concat(_rows[table]
            .OrderBy(row => row["id"]?.GetValue<Guid>() ?? row["userId"]!.GetValue<Guid>())
            .ThenBy(row => row["roleId"]?.GetValue<Guid>() ?? Guid.Empty)
            .Select(row => row.ToJsonString() + "\n")));

    private byte[] ManifestOf(IReadOnlyList<ForgedEntry> entries)
    {
        var manifest = new JsonObject
        {
            ["format"] = ArchiveModel.Format,
            ["schemaVersion"] = SchemaVersion,
            ["exportedAt"] = "2026-01-02T03:04:05Z",
            ["tenant"] = new JsonObject { ["id"] = NewId(), ["slug"] = "archive" },
            ["entries"] = new JsonArray([.. entries.Select(EntryOf)]),
            ["missing"] = new JsonArray(),
        };
        Manifest(manifest);
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }

    private static JsonObject EntryOf(ForgedEntry entry)
    {
        var row = new JsonObject { ["path"] = entry.Path };
        if (entry.Path.StartsWith("entities/", StringComparison.Ordinal))
        {
            row["entity"] = Path.GetFileNameWithoutExtension(entry.Path);
            row["count"] = entry.Content.Count(one => one == (byte)'\n');
        }

        row["bytes"] = entry.Content.Length;
        row["sha256"] = Convert.ToHexStringLower(SHA256.HashData(entry.Content));
        return row;
    }
}
