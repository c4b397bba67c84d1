using System.Collections.Frozen;
using System.Security.Cryptography;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Security;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>
/// Keys with what their maker may now: 30 seconds old at most, dropped at once when the tenant's people or keys change.
/// What is no key is not remembered: a flood of inventions must not push the good ones out.
/// </summary>
internal sealed class ApiKeyDirectory(IDbContextFactory<AppDbContext> contexts, ApiKeyUses uses, TimeProvider clock)
    : IApiKeyDirectory
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly ExpiringCache<(TenantId Org, string Hash), Task<Found?>> _keys = new(capacity: 20_000, clock);

    private sealed record Found(Member Member, DateTimeOffset? ExpiresAt);

    public bool IsKey(string token) => token.StartsWith(ApiKeySecrets.Mark, StringComparison.Ordinal);

    public async ValueTask<Member?> FindAsync(TenantId org, string token)
    {
        if (!ApiKeySecrets.TryRead(token, out var prefix, out var hash)) return null;

        var found = await FindAsync((org, $"{prefix}{Convert.ToHexString(hash)}"), prefix, hash);
        var now = clock.GetUtcNow();
        if (found is null || found.ExpiresAt <= now) return null;

        uses.Used(org, new ApiKeyId(found.Member.Id.Value), now);
        return found.Member;
    }

    /// <summary>All keys of a tenant, those that are being loaded too: what they read may be old already.</summary>
    public void Forget(TenantId org) =>
        _keys.RemoveWhere(load => !load.IsCompletedSuccessfully || load.GetAwaiter().GetResult()?.Member.OrgId == org);

    public void ForgetAll() => _keys.Clear();

    private async ValueTask<Found?> FindAsync((TenantId Org, string Hash) key, string prefix, byte[] hash)
    {
        if (_keys.TryGet(key, out var load) && load.IsCompletedSuccessfully) return await load;

        if (load is null)
        {
            load = LoadAsync(key.Org, prefix, hash);
            _keys.Set(key, load, clock.GetUtcNow() + Kept);
        }

        try
        {
            var found = await load;
            if (found is null) _keys.Remove(key);
            return found;
        }
        catch
        {
            _keys.Remove(key);
            throw;
        }
    }

    private async Task<Found?> LoadAsync(TenantId org, string prefix, byte[] hash)
    {
        await using var db = await contexts.CreateDbContextAsync();
        db.Bind(new TenantBinding(org));
        var now = clock.GetUtcNow();
        var rows = await (
            from key in db.ApiKeys
            join maker in db.Users on key.CreatedBy equals maker.Id
            join link in db.UserRoles on maker.Id equals link.UserId
            join role in db.Roles on link.RoleId equals role.Id
            where key.Prefix == prefix && key.RevokedAt == null && (key.ExpiresAt == null || key.ExpiresAt > now)
                && maker.Status == UserStatus.Active
            select new { key, MakerMay = role.Permissions }).ToListAsync();
        if (rows.Count == 0 || !CryptographicOperations.FixedTimeEquals(rows[0].key.SecretHash, hash)) return null;

        var (found, makerMay) = (rows[0].key, rows.SelectMany(row => row.MakerMay).ToHashSet());
        return new(
            new Member
            {
                Id = new UserId(found.Id.Value),
                Kind = ActorKind.ApiKey,
                KeyOf = found.CreatedBy,
                SessionId = default,
                OrgId = org,
                Email = "",
                Name = found.Name,
                Roles = [],
                Permissions = makerMay.Contains(Permissions.All)
                    ? found.Permissions.ToFrozenSet()
                    : found.Permissions.Where(makerMay.Contains).ToFrozenSet(),
            },
            found.ExpiresAt);
    }
}
