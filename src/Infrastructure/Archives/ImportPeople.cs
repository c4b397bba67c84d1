using System.Security.Cryptography;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Roles and members of an archive: nobody gives by an import what they could not give by hand. Members are invited, for
/// an archive has no password, and a person decides for themselves whether they are a member here.
/// </summary>
internal sealed class ImportPeople(
    AppDbContext db, ArchiveModel model, ArchiveReader archive, ImportPlan plan, ArchiveLimits limits,
    ReportWriter report, UserId importer, DateTimeOffset now)
{
    /// <summary>As many as somebody could give by hand.</summary>
    private const int RolesEach = 20, AtATime = 500;

    /// <summary>By the archive's id; none of those of which nothing was left.</summary>
    private readonly Dictionary<Guid, Role> _roles = [];

    private HashSet<string> _granted = new HashSet<string>();

    /// <summary>What the importer may now; nothing when they are suspended or removed.</summary>
    public async Task<IReadOnlySet<string>> GrantedAsync(CancellationToken cancellationToken)
    {
        var held = await (
            from user in db.Users
            join link in db.UserRoles on user.Id equals link.UserId
            join role in db.Roles on link.RoleId equals role.Id
            where user.Id == importer && user.Status == UserStatus.Active
            select role.Permissions).ToListAsync(cancellationToken);
        return _granted = held.SelectMany(permissions => permissions).ToHashSet();
    }

    /// <returns>Those that are new.</returns>
    public async Task<IReadOnlyList<Role>> RolesAsync(CancellationToken cancellationToken)
    {
        var byName = await db.Roles.AsNoTracking().ToDictionaryAsync(role => role.Name, cancellationToken);
        var added = new List<Role>();
        await foreach (var row in RowsAsync("roles", cancellationToken))
        {
            var name = row.Text("name")!;
            if (row.Is("builtIn"))
            {
                _roles.Add(row.Id(), byName[name]);
                continue;
            }

            var permissions = Cap(row.Texts("permissions"), out var lost);
            if (lost.Count > 0) report.Cap(name, lost);
            if (permissions.Count == 0) continue;

            if (byName.TryGetValue(name, out var same) && !same.BuiltIn && permissions.SetEquals(same.Permissions))
            {
                _roles.Add(row.Id(), same);
                report.Keep("roles");
                continue;
            }

            var free = Names.Free(name, Role.NameMaxLength, byName.ContainsKey);
            if (free != name) report.Rename("roles", name, free);
            var role = Role.Make(db.OrgId, free, permissions, now);
            byName.Add(free, role);
            _roles.Add(row.Id(), role);
            added.Add(role);
        }

        report.Add("roles", added.Count);
        return added;
    }

    /// <summary>All are in memory at once: no more than a tenant has members, and the caller has reserved for.</summary>
    public async Task<IReadOnlyList<Invitation>> InvitationsAsync(CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, (string Email, IReadOnlyList<Role> Roles)>();
        await foreach (var row in RowsAsync("users", cancellationToken))
            Want(row, plan.Members.TryGetValue(row.Id(), out var roles) ? roles : null);
        await foreach (var row in RowsAsync("invitations", cancellationToken))
            if (row["acceptedAt"] is null && row["revokedAt"] is null)
                Want(row, row.Ids("roleIds"));

        foreach (var known in wanted.Keys.Chunk(AtATime)) await LeaveOutAsync(known);
        report.Invitations = wanted.Count;
        return [.. wanted.Values.Select(one => Invitation.Send(
            db.OrgId, one.Email, one.Roles.Select(role => role.Id), Unknown(), importer, now))];

        void Want(RowReader row, IReadOnlyList<Guid>? ids)
        {
            var roles = Grantable(ids ?? []);
            if (roles.Count == 0 || !wanted.TryAdd(EmailAddress.Normalize(row.Text("email")!), (row.Text("email")!.Trim(), roles)))
                report.NotInvited++;
        }

        async Task LeaveOutAsync(string[] emails)
        {
            var members = await db.Users.Where(u => emails.Contains(u.NormalizedEmail) && u.Status != UserStatus.Removed)
                .Select(u => u.NormalizedEmail).ToListAsync(cancellationToken);
            var invited = await db.Invitations
                .Where(i => emails.Contains(i.NormalizedEmail) && i.AcceptedAt == null && i.RevokedAt == null)
                .Select(i => i.NormalizedEmail).ToListAsync(cancellationToken);
            foreach (var email in members.Union(invited))
                if (wanted.Remove(email))
                    report.NotInvited++;
        }
    }

    /// <summary>Built-in roles cannot be made smaller: whoever lacks one of their permissions does not give them.</summary>
    private List<Role> Grantable(IReadOnlyList<Guid> ids) =>
        [.. ids.Distinct().Where(_roles.ContainsKey).Select(id => _roles[id]).Distinct()
            .Where(role => role.Permissions.All(Has)).Take(RolesEach)];

    private HashSet<string> Cap(string[] permissions, out IReadOnlyList<string> lost)
    {
        var wanted = permissions.ToHashSet();
        lost = [.. wanted.Where(one => !Has(one)).Order(StringComparer.Ordinal)];
        if (lost.Contains(Permissions.All)) wanted.UnionWith(_granted); // of all, what they have
        wanted.RemoveWhere(one => !Has(one));
        return wanted;
    }

    private bool Has(string permission) => _granted.Contains(permission) || _granted.Contains(Permissions.All);

    /// <summary>Of a token that nobody has: the link comes with the mail that somebody sends later.</summary>
    private static byte[] Unknown() => SHA256.HashData(RandomNumberGenerator.GetBytes(32));

    private IAsyncEnumerable<RowReader> RowsAsync(string table, CancellationToken cancellationToken) =>
        ImportedRows.ReadAsync(archive, model.Find(table)!, limits, cancellationToken);
}

/// <summary>Rows of an archive that has been checked.</summary>
internal static class ImportedRows
{
    /// <summary>The reader is the same one for each row.</summary>
    /// <exception cref="InvalidOperationException">It is not as it was when it was checked: a bug.</exception>
    public static async IAsyncEnumerable<RowReader> ReadAsync(
        ArchiveReader archive, ArchiveTable table, ArchiveLimits limits,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (parser, row) = (new RowParser(table, limits), new RowReader(table));
        await using var lines = archive.OpenRows(table.Path);
        while (await lines.NextAsync(cancellationToken))
        {
            if (parser.Parse(lines.Current.Span) is not null)
                throw new InvalidOperationException($"{table.Path}:{lines.Line} was fine before.");

            yield return row.With(parser.Values);
        }
    }
}

internal static class Names
{
    /// <summary>The name, or the first of "name (2)", "name (3)" ... that is free, cut where it would be too long.</summary>
    public static string Free(string name, int maxLength, Func<string, bool> isTaken)
    {
        var free = name;
        for (var number = 2; isTaken(free); number++)
        {
            var tail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $" ({number})");
            var head = name.Length + tail.Length > maxLength ? name[..(maxLength - tail.Length)] : name;
            if (char.IsHighSurrogate(head[^1])) head = head[..^1];
            free = head.TrimEnd() + tail;
        }

        return free;
    }
}
