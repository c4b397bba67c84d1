using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// What an archive of a tenant holds (docs/archive-format.md), found from the model: every table of a tenant is kept or
/// left out for a written reason, and so is every column of the organization. A table or column without a decision
/// fails here, at its first use and in a test. Export and import read the same.
/// </summary>
internal sealed class ArchiveModel
{
    public const string Format = "cleantenancy-archive", OrganizationPath = "organization.json",
        ManifestPath = "manifest.json", EntityFolder = "entities/", FileFolder = "files/";

    /// <summary>Grows when a reader of the one before could misread an archive.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Tables in the archive, and what they are for whoever opens it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kept = new Dictionary<string, string>
    {
        ["roles"] = "sets of permissions, the built-in ones too: what a member may is told by them",
        ["users"] = "members, without password and authenticator app; an import invites them",
        ["user_roles"] = "which member has which roles",
        ["invitations"] = "who was invited, without what the link needs",
        ["event_categories"] = "what events are sorted by",
        ["event_templates"] = "patterns that events are made from",
        ["files"] = "what is known of each file; its bytes are an entry of their own",
        ["events"] = "events of every status, deleted ones too: their rows are tombstones",
        ["programs"] = "parts of events, with times of their own",
        ["registrations"] = "people's places at events",
        ["email_templates"] = "the organization's own words of mails",
    };

    /// <summary>In the archive to be read; an import leaves it where it is.</summary>
    public static readonly IReadOnlyDictionary<string, string> History = new Dictionary<string, string>
    {
        ["audit_logs"] = "who did what here: what happened elsewhere is no deed of the tenant that imports it",
    };

    public static readonly IReadOnlyDictionary<string, string> LeftOut = new Dictionary<string, string>
    {
        ["sessions"] = "who is signed in, on which device and from where: true here and now only",
        ["refresh_tokens"] = "hashes of secrets and nothing else",
        ["one_time_tokens"] = "hashes of secrets and nothing else",
        ["recovery_codes"] = "hashes of secrets and nothing else",
        ["api_keys"] = "without its secret, which nobody has, a key opens nothing",
        ["outbox"] = "what is on its way out; its payloads hold addresses and secrets",
        ["usage_counters"] = "counts of rows that are in the archive themselves",
        ["uploads"] = "files that are not whole yet",
        ["sign_ups"] = "what somebody asked for before there was a tenant; what became of it is in the archive",
        ["provisioning_steps"] = "how this installation made the tenant ready",
        ["operations"] = "work of this installation, this very export among it",
        ["tenant_overrides"] = "promises of this platform's operators, with their reasons",
        ["audit_seals"] = "digests that chain the log where it is stored; a copy proves nothing",
    };

    /// <summary>Columns of the organization's own row, and their members in its document.</summary>
    public static readonly IReadOnlyDictionary<string, string> OrganizationMembers = new Dictionary<string, string>
    {
        ["name"] = "name",
        ["slug"] = "slug",
        ["locale"] = "locale",
        ["time_zone"] = "timeZone",
        ["currency"] = "currency",
        ["tier"] = "plan",
        ["branding"] = "branding",
        ["created_at"] = "createdAt",
    };

    public static readonly IReadOnlyDictionary<string, string> OrganizationLeftOut = new Dictionary<string, string>
    {
        ["id"] = "stands in the manifest",
        ["state"] = "where the tenant stands with this platform",
        ["suspension_reason"] = "where the tenant stands with this platform",
        ["state_since"] = "where the tenant stands with this platform",
        ["trial_ends_at"] = "where the tenant stands with this platform",
        ["period_ends_at"] = "where the tenant stands with this platform",
        ["cancels_at_period_end"] = "where the tenant stands with this platform",
        ["grace_ends_at"] = "where the tenant stands with this platform",
        ["suspended_from"] = "where the tenant stands with this platform",
        ["deleted_from"] = "where the tenant stands with this platform",
        ["purge_due_at"] = "where the tenant stands with this platform",
        ["disposition"] = "an instruction to this platform",
        ["version"] = "counts changes of the row here",
        ["updated_at"] = "of the row, whose state changes too",
    };

    private ArchiveModel(IReadOnlyList<ArchiveColumn> organization, IReadOnlyList<ArchiveTable> tables) =>
        (Organization, Tables) = (organization, tables);

    public IReadOnlyList<ArchiveColumn> Organization { get; }

    /// <summary>In the order of their foreign keys: whatever a row points at stands in a table before it.</summary>
    public IReadOnlyList<ArchiveTable> Tables { get; }

    /// <returns>Null where the archive has no such table.</returns>
    public ArchiveTable? Find(string name) => Tables.FirstOrDefault(table => table.Name == name);

    /// <exception cref="InvalidOperationException">A table or a column is not decided about, or cannot be kept.</exception>
    public static ArchiveModel Of(IModel model)
    {
        if (Undecided(model).ToList() is { Count: > 0 } undecided)
            throw new InvalidOperationException($"No archive without a decision: {string.Join("; ", undecided)}.");

        var tables = model.GetEntityTypes()
            .Where(entity => Kept.ContainsKey(NameOf(entity)) || History.ContainsKey(NameOf(entity)))
            .Select(TableOf).ToDictionary(table => table.Name);
        var organization = model.FindEntityType(typeof(Organization))!.GetProperties()
            .Where(property => OrganizationMembers.ContainsKey(property.GetColumnName()))
            .Select(property => ColumnOf(property) with { Member = OrganizationMembers[property.GetColumnName()] });
        return new([.. organization], [.. InOrder(tables)]);
    }

    /// <summary>What nobody has decided about, or twice, or what is decided about and is not there.</summary>
    public static IEnumerable<string> Undecided(IModel model)
    {
        var tables = model.GetEntityTypes().Where(entity => entity.ClrType.IsAssignableTo(typeof(ITenantOwned)))
            .Select(NameOf).ToList();
        var columns = model.FindEntityType(typeof(Organization))?.GetProperties().Select(p => p.GetColumnName()).ToList();
        return Differences(tables, [Kept, History, LeftOut])
            .Concat(Differences(columns ?? [], [OrganizationMembers, OrganizationLeftOut]).Select(text => $"organizations.{text}"));
    }

    private static IEnumerable<string> Differences(
        IReadOnlyCollection<string> found, IReadOnlyList<IReadOnlyDictionary<string, string>> decisions)
    {
        foreach (var name in found.Union(decisions.SelectMany(one => one.Keys)).Order(StringComparer.Ordinal))
        {
            var times = decisions.Count(one => one.ContainsKey(name));
            if (!found.Contains(name)) yield return $"{name} is decided about, and there is none";
            else if (times != 1) yield return $"{name} is decided about {times} times";
        }
    }

    private static string NameOf(IEntityType entity) => entity.GetTableName()!;

    private static ArchiveTable TableOf(IEntityType entity)
    {
        var columns = entity.GetProperties().Where(property => !Archiving.IsLeftOut(property))
            .Select(property => (Property: property, Column: ColumnOf(property))).ToList();
        return new ArchiveTable(
            NameOf(entity),
            [.. columns.Select(pair => pair.Column)],
            [.. entity.FindPrimaryKey()!.Properties.Where(property => property.Name != nameof(ITenantOwned.OrgId))
                .Select(property => columns.Single(pair => pair.Property == property).Column)],
            [.. entity.GetForeignKeys().Where(key => key.PrincipalEntityType.ClrType.IsAssignableTo(typeof(ITenantOwned)))
                .Select(key => new ArchiveReference(
                    columns.Single(pair => key.Properties.Contains(pair.Property)).Column,
                    NameOf(key.PrincipalEntityType)))
                .Concat(columns.Where(pair => Archiving.TargetOf(pair.Property) is not null)
                    .Select(pair => new ArchiveReference(pair.Column, Archiving.TargetOf(pair.Property)!)))],
            History.ContainsKey(NameOf(entity)));
    }

    private static ArchiveColumn ColumnOf(IProperty property) => new(
        property.GetColumnName(),
        JsonNamingPolicy.CamelCase.ConvertName(property.Name),
        TypeOf(property),
        property.IsNullable,
        property.GetMaxLength())
    {
        Words = (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) is { IsEnum: true } words
            ? [.. Wire.WordsOf(words)]
            : null,
    };

    private static ArchiveType TypeOf(IProperty property) => property.GetColumnType().Split('(')[0] switch
    {
        "uuid" => ArchiveType.Id,
        "text" or "character varying" or "character" => ArchiveType.Text,
        "integer" => ArchiveType.Integer,
        "bigint" => ArchiveType.Long,
        "boolean" => ArchiveType.Boolean,
        "timestamp with time zone" => ArchiveType.Instant,
        "bytea" => ArchiveType.Bytes,
        "json" or "jsonb" => ArchiveType.Json,
        "text[]" => ArchiveType.Texts,
        "uuid[]" => ArchiveType.Ids,
        var other => throw new InvalidOperationException(
            $"The archive has no form for {other}, the type of {property.DeclaringType.DisplayName()}.{property.Name}."),
    };

    private static IEnumerable<ArchiveTable> InOrder(Dictionary<string, ArchiveTable> tables)
    {
        var waiting = tables.Values.OrderBy(table => table.Name, StringComparer.Ordinal).ToList();
        var placed = new HashSet<string>();
        while (waiting.Count > 0)
        {
            var next = waiting.Find(table => table.References.All(reference => placed.Contains(reference.Table)))
                ?? throw new InvalidOperationException(
                    $"{string.Join(", ", waiting.Select(table => table.Name))}: they point at each other, or at what is left out.");
            waiting.Remove(next);
            placed.Add(next.Name);
            yield return next;
        }
    }
}

/// <summary>A table of the archive: one file with a line for each row.</summary>
/// <param name="Columns">In the order of their members; without the tenant's key, which is the archive's.</param>
/// <param name="Key">What the lines are ordered by.</param>
/// <param name="IsHistory">To be read, not to be imported.</param>
internal sealed record ArchiveTable(
    string Name, IReadOnlyList<ArchiveColumn> Columns, IReadOnlyList<ArchiveColumn> Key,
    IReadOnlyList<ArchiveReference> References, bool IsHistory)
{
    public string Path => $"{ArchiveModel.EntityFolder}{Name}.ndjson";
}

/// <param name="Name">In the database.</param>
/// <param name="Member">In the archive.</param>
/// <param name="MaxLength">Characters, of text; null without a limit of the mapping's.</param>
internal sealed record ArchiveColumn(string Name, string Member, ArchiveType Type, bool IsNullable, int? MaxLength)
{
    /// <summary>Of an enum's column: no other text is in it; null for all others.</summary>
    public IReadOnlyList<string>? Words { get; init; }
}

/// <summary>The column holds an id, or ids, of rows of the table.</summary>
internal sealed record ArchiveReference(ArchiveColumn Column, string Table);

/// <summary>What a value is in JSON.</summary>
internal enum ArchiveType
{
    /// <summary>A UUID as text.</summary>
    Id,

    Text,

    /// <summary>32 bits.</summary>
    Integer,

    /// <summary>64 bits.</summary>
    Long,

    Boolean,

    /// <summary>RFC 3339, in UTC, to the microsecond.</summary>
    Instant,

    /// <summary>Base64.</summary>
    Bytes,

    /// <summary>Any JSON.</summary>
    Json,

    /// <summary>An array of texts.</summary>
    Texts,

    /// <summary>An array of UUIDs.</summary>
    Ids,
}
