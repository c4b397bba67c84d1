using System.Collections.Frozen;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>Sessions with their person's permissions: 30 seconds old at most, dropped at once when they end.</summary>
internal sealed class SessionDirectory(IDbContextFactory<AppDbContext> contexts, TimeProvider clock) : ISessionDirectory
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly ExpiringCache<SessionId, Task<Member?>> _members = new(capacity: 100_000, clock);

    public ValueTask<Member?> FindAsync(AccessTicket ticket)
    {
        if (_members.TryGet(ticket.SessionId, out var cached) && cached.IsCompletedSuccessfully)
        {
            var member = cached.GetAwaiter().GetResult();
            if (member is null || member.Version >= ticket.Versions.User) return new(Of(ticket, member));

            _members.Remove(ticket.SessionId); // the token's issuer knew more
        }

        return new(LoadOnceAsync(ticket));
    }

    public void Forget(SessionId session) => _members.Remove(session);

    /// <summary>All sessions of a tenant, those that are being loaded too: what they read may be old already.</summary>
    public void Forget(TenantId org) =>
        _members.RemoveWhere(load => !load.IsCompletedSuccessfully || load.GetAwaiter().GetResult()?.OrgId == org);

    public void ForgetAll() => _members.Clear();

    private async Task<Member?> LoadOnceAsync(AccessTicket ticket)
    {
        if (!_members.TryGet(ticket.SessionId, out var load))
        {
            load = LoadAsync(ticket);
            _members.Set(ticket.SessionId, load, clock.GetUtcNow() + Kept);
        }

        try
        {
            return Of(ticket, await load);
        }
        catch
        {
            _members.Remove(ticket.SessionId);
            throw;
        }
    }

    /// <summary>The token names tenant, person and session: all three must be the row's.</summary>
    private static Member? Of(AccessTicket ticket, Member? member) =>
        member is not null && member.OrgId == ticket.OrgId && member.Id == ticket.UserId ? member : null;

    private async Task<Member?> LoadAsync(AccessTicket ticket)
    {
        await using var db = await contexts.CreateDbContextAsync();
        db.Bind(new TenantBinding(ticket.OrgId));
        var now = clock.GetUtcNow();
        var rows = await (
            from session in db.Sessions
            join user in db.Users on session.UserId equals user.Id
            join link in db.UserRoles on user.Id equals link.UserId
            join role in db.Roles on link.RoleId equals role.Id
            where session.Id == ticket.SessionId && session.RevokedAt == null && session.ExpiresAt > now
                && user.Status == UserStatus.Active
            select new
            {
                user.Id,
                user.Email,
                user.Name,
                Role = role.Name,
                role.Permissions,
                session.AuthenticatedAt,
                session.ImpersonatorId,
                user.Version,
            }).ToListAsync();
        return rows.Count == 0
            ? null
            : new Member
            {
                Id = rows[0].Id,
                SessionId = ticket.SessionId,
                OrgId = ticket.OrgId,
                AuthenticatedAt = rows[0].AuthenticatedAt,
                Version = rows[0].Version,
                ImpersonatorId = rows[0].ImpersonatorId,
                Email = rows[0].Email,
                Name = rows[0].Name,
                Roles = [.. rows.Select(row => row.Role).Order(StringComparer.Ordinal)],
                Permissions = rows.SelectMany(row => row.Permissions).ToFrozenSet(),
            };
    }
}
