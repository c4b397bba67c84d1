using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CleanTenancy.Application.Members;
using CleanTenancy.Application.Roles;
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

    /// <summary>Reads what the importer may now; nothing when they are suspended or removed.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var held = await (
            from user in db.Users
            join link in db.UserRoles on user.Id equals link.UserId
            join role in db.Roles on link.RoleId equals role.Id
            where user.Id == importer && user.Status == UserStatus.Active
            select role.Permissions).ToListAsync(cancellationToken);
        _granted = held.SelectMany(permissions => permissions).ToHashSet();
    }

    /// <returns>Those that are new.</returns>
    public async Task<IReadOnlyList<Role>> RolesAsync(CancellationToken cancellationToken)
    {
        var byName = await db.Roles.AsNoTracking().ToDictionaryAsync(role => role.Name, cancellationToken);
        var (names, added) = (new FreeNames(Role.NameMaxLength, byName.ContainsKey), new List<Role>());
        await foreach (var row in RowsAsync("roles", cancellationToken))
        {
            var name = row.Text("name")!;
            if (row.Is("builtIn"))
            {
                _roles.Add(row.Id(), byName[name]);
                continue;
            }

            var permissions = Cap(row.Texts("permissions"), out var lost);
            var isThere = byName.TryGetValue(name, out var same) && !same.BuiltIn && permissions.SetEquals(same.Permissions);
            if (!isThere && !Has(CreateRole.Policy.Permission))
            {
                permissions = [];
                lost = [.. row.Texts("permissions").Distinct().Order(StringComparer.Ordinal)];
            }

            if (lost.Count > 0) report.Cap(name, lost);
            if (permissions.Count == 0) continue;

            if (isThere)
            {
                _roles.Add(row.Id(), same!);
                report.Keep("roles");
                continue;
            }

            var free = names.For(name);
            if (free != name) report.Rename("roles", name, free);
            var role = Role.Make(db.OrgId, free, permissions, now);
            byName.Add(free, role);
            _roles.Add(row.Id(), role);
            added.Add(role);
        }

        report.Add("roles", added.Count);
        return added;
    }

    /// <summary>Some at a time: an archive may have more than fit into memory.</summary>
    public async IAsyncEnumerable<IReadOnlyList<Invitation>> InvitationsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (seen, wanted) = (new HashSet<UInt128>(), new Dictionary<string, (string Email, IReadOnlyList<Role> Roles)>());
        await foreach (var (row, roleIds) in PeopleAsync(cancellationToken))
        {
            var (email, roles) = (row.Text("email")!, Grantable(roleIds));
            var normalized = EmailAddress.Normalize(email);
            if (roles.Count == 0 || !seen.Add(ImportCheck.Digest(normalized)))
            {
                report.NotInvited++;
                continue;
            }

            wanted.Add(normalized, (email.Trim(), roles));
            if (wanted.Count < AtATime) continue;

            yield return await InviteAsync(wanted, cancellationToken);
            wanted.Clear();
        }

        if (wanted.Count > 0) yield return await InviteAsync(wanted, cancellationToken);
    }

    private async IAsyncEnumerable<(RowReader Row, IReadOnlyList<Guid> RoleIds)> PeopleAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in RowsAsync("users", cancellationToken))
            yield return (row, plan.Members.TryGetValue(row.Id(), out var roles) ? roles : []);
        await foreach (var row in RowsAsync("invitations", cancellationToken))
            if (row["acceptedAt"] is null && row["revokedAt"] is null)
                yield return (row, row.Ids("roleIds"));
    }

    /// <summary>Those who are neither members nor invited here.</summary>
    private async Task<IReadOnlyList<Invitation>> InviteAsync(
        Dictionary<string, (string Email, IReadOnlyList<Role> Roles)> wanted, CancellationToken cancellationToken)
    {
        string[] emails = [.. wanted.Keys];
        var members = await db.Users.Where(u => emails.Contains(u.NormalizedEmail) && u.Status != UserStatus.Removed)
            .Select(u => u.NormalizedEmail).ToListAsync(cancellationToken);
        var invited = await db.Invitations
            .Where(i => emails.Contains(i.NormalizedEmail) && i.AcceptedAt == null && i.RevokedAt == null)
            .Select(i => i.NormalizedEmail).ToListAsync(cancellationToken);
        foreach (var email in members.Union(invited))
            if (wanted.Remove(email))
                report.NotInvited++;
        report.Invitations += wanted.Count;
        return [.. wanted.Values.Select(one => Invitation.Send(
            db.OrgId, one.Email, one.Roles.Select(role => role.Id), Unknown(), importer, now))];
    }

    /// <summary>Built-in roles cannot be made smaller: whoever lacks one of their permissions does not give them.</summary>
    private List<Role> Grantable(IReadOnlyList<Guid> ids) => !Has(InviteMember.Policy.Permission)
        ? []
        : [.. ids.Distinct().Where(_roles.ContainsKey).Select(id => _roles[id]).Distinct()
            .Where(role => role.Permissions.All(Has)).Take(RolesEach)];

    private HashSet<string> Cap(string[] permissions, out IReadOnlyList<string> lost)
    {
        var wanted = permissions.ToHashSet();
        lost = [.. wanted.Where(one => !Has(one)).Order(StringComparer.Ordinal)];
        if (lost.Contains(Permissions.All)) wanted.UnionWith(_granted); // of all, what they have
        wanted.RemoveWhere(one => !Has(one));
        return wanted;
    }

    public bool Has(string permission) => _granted.Contains(permission) || _granted.Contains(Permissions.All);

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
        [EnumeratorCancellation] CancellationToken cancellationToken)
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

/// <summary>
/// Gives names that are free. It remembers how far it came with each, or of a hundred thousand that want the same name each
/// would try all numbers before its own.
/// </summary>
internal sealed class FreeNames(int maxLength, Func<string, bool> isTaken)
{
    private const int TailLength = 10;

    private readonly Dictionary<string, int> _next = [];

    /// <summary>
    /// The name, or the first of "name (2)", "name (3)" ... that is free and was not given; cut where it would be too long.
    /// </summary>
    public string For(string name)
    {
        if (!isTaken(name)) return name;

        var head = name.Length > maxLength - TailLength ? name[..(maxLength - TailLength)] : name;
        if (char.IsHighSurrogate(head[^1])) head = head[..^1];
        head = head.TrimEnd();
        for (var number = _next.GetValueOrDefault(head, 2); ; number++)
        {
            var free = string.Create(CultureInfo.InvariantCulture, $"{head} ({number})");
            if (isTaken(free)) continue;

            _next[head] = number + 1;
            return free;
        }
    }
}
