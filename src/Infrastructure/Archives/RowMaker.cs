using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Makes the values of a row of those of a line: a new id, the new ids of what it points at, and what is made anew. Found
/// from the model: a column that nobody knows how to fill fails at once.
/// </summary>
internal sealed class RowMaker
{
    private readonly List<Func<RowReader, object?>> _sources = [];
    private readonly Dictionary<string, int> _at = [];
    private readonly List<ImportColumn> _columns = [];
    private readonly ArchiveTable _table;
    private readonly ImportPlan _plan;
    private readonly SequentialIds _ids;
    private readonly UserId _importer;
    private readonly DateTime _now;

    public RowMaker(
        IModel model, ArchiveTable table, ImportPlan plan, SequentialIds ids, UserId importer, DateTimeOffset now)
    {
        (_table, _plan, _ids, _importer, _now) = (table, plan, ids, importer, now.UtcDateTime);
        var entity = model.GetEntityTypes().Single(one => one.GetTableName() == table.Name);
        foreach (var property in entity.GetProperties().Where(one => one.Name != nameof(ITenantOwned.OrgId)))
        {
            var name = property.GetColumnName();
            var column = table.Columns.FirstOrDefault(one => one.Name == name);
            _at.Add(column?.Member ?? name, _columns.Count);
            _columns.Add(new ImportColumn(name, column is null ? TypeOf(property) : TypeOf(column.Type)));
            _sources.Add(column is null ? Anew(property) : Given(column));
        }
    }

    public IReadOnlyList<ImportColumn> Columns => _columns;

    /// <summary>Where a member's value stands in a row that was made.</summary>
    public int At(string member) => _at[member];

    /// <returns>Null for a row that is left out.</returns>
    public object?[]? Make(RowReader row)
    {
        // Without its bytes a file is none.
        if (_table.Name == "files" && !_plan.Files.ContainsKey(row.Id())) return null;

        var values = new object?[_sources.Count];
        for (var i = 0; i < values.Length; i++) values[i] = _sources[i](row);
        return values;
    }

    private Func<RowReader, object?> Given(ArchiveColumn column)
    {
        var member = column.Member;
        if (member == "id")
            return _plan.Ids.TryGetValue(_table.Name, out var known) ? row => known[row.Id()] : _ => _ids.Next();
        if (_table.References.FirstOrDefault(one => one.Column == column) is { } reference) return Pointing(member, reference);

        // Clients that follow changes must see the row; when it was first made is the organization's own history.
        if (member == "updatedAt") return _ => _now;
        if (member == "createdAt") return row => (DateTime)row[member]! is var at && at < _now ? at : _now;

        return (_table.Name, member) switch
        {
            ("files", "contentType") => row => _plan.Files[row.Id()].ContentType,
            ("files", "size") => row => _plan.Files[row.Id()].Size,
            ("files", "sha256") => row => _plan.Files[row.Id()].Sha256,
            ("files", "name") => row => Domain.Files.FileName.Clean(row.Text(member)!),
            _ => row => row[member],
        };
    }

    private Func<RowReader, object?> Pointing(string member, ArchiveReference reference)
    {
        // The people of the archive are none of this tenant.
        if (reference.Table == "users") return row => row[member] is null ? null : _importer.Value;

        var ids = _plan.Ids[reference.Table];
        if (reference.Table == "files")
            return row => row[member] is Guid id && _plan.Files.ContainsKey(id) ? ids[id] : null;

        return row => row[member] switch
        {
            null => null,
            Guid id => ids[id],
            Guid[] several => Array.ConvertAll(several, id => ids[id]),
            var other => throw new InvalidOperationException($"{_table.Name}.{member} points with a {other}."),
        };
    }

    /// <exception cref="InvalidOperationException">Nobody knows what to put there.</exception>
    private Func<RowReader, object?> Anew(IProperty property) => (_table.Name, property.Name) switch
    {
        (_, nameof(IVersioned.Version)) => _ => 1L,
        (_, "NormalizedEmail") => row => EmailAddress.Normalize(row.Text("email")!),
        ("events", "Registered") => row => _plan.Events[row.Id()].Registered,
        _ when property.IsNullable => _ => null,
        _ => throw new InvalidOperationException($"An import does not know how to fill {_table.Name}.{property.Name}."),
    };

    private static NpgsqlDbType TypeOf(IProperty property) => property.GetColumnType().Split('(')[0] switch
    {
        "uuid" => NpgsqlDbType.Uuid,
        "integer" => NpgsqlDbType.Integer,
        "bigint" => NpgsqlDbType.Bigint,
        "bytea" => NpgsqlDbType.Bytea,
        "timestamp with time zone" => NpgsqlDbType.TimestampTz,
        "text" or "character varying" or "character" => NpgsqlDbType.Text,
        var other => throw new InvalidOperationException($"An import does not know how to send a {other}."),
    };

    private static NpgsqlDbType TypeOf(ArchiveType type) => type switch
    {
        ArchiveType.Id => NpgsqlDbType.Uuid,
        ArchiveType.Text => NpgsqlDbType.Text,
        ArchiveType.Integer => NpgsqlDbType.Integer,
        ArchiveType.Long => NpgsqlDbType.Bigint,
        ArchiveType.Boolean => NpgsqlDbType.Boolean,
        ArchiveType.Instant => NpgsqlDbType.TimestampTz,
        ArchiveType.Bytes => NpgsqlDbType.Bytea,
        ArchiveType.Json => NpgsqlDbType.Json,
        ArchiveType.Texts => NpgsqlDbType.Array | NpgsqlDbType.Text,
        ArchiveType.Ids => NpgsqlDbType.Array | NpgsqlDbType.Uuid,
        _ => throw new InvalidOperationException($"{type} has no type in the database."),
    };
}
