using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IRowKeeping"/>
internal sealed partial class RowKeeping(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformTenancy tenancy,
    IDbContextFactory<AppDbContext> contexts, TimeProvider clock, ILogger<RowKeeping> log) : IRowKeeping
{
    /// <summary>Of each kind in one transaction: short enough to stand in nobody's way.</summary>
    private const int AtATime = 5_000;

    /// <summary>For so long an expired invitation can still be sent again, and keeps its seat.</summary>
    private static readonly TimeSpan InvitationsKept = TimeSpan.FromDays(7);

    private static readonly TimeSpan SignUpKeysKept = TimeSpan.FromHours(24);

    public Task<long> ExpireTenantRowsAsync(CancellationToken cancellationToken) =>
        OfEachTenantAsync(ExpireRowsAsync, cancellationToken);

    public Task<long> ExpireInvitationsAsync(CancellationToken cancellationToken) =>
        OfEachTenantAsync(ExpireInvitationsAsync, cancellationToken);

    public async Task<long> ExpireSignUpKeysAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            await using var delete = platform.CreateCommand(
                """
                delete from sign_up_keys where key_hash in (
                  select key_hash from sign_up_keys where created_at < $1 limit $2)
                """);
            delete.With((clock.GetUtcNow() - SignUpKeysKept).UtcDateTime).With(AtATime);
            var deleted = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += deleted;
            if (deleted < AtATime) return total;
        }
    }

    /// <summary>What fails for one tenant is tried again at the next time, and does not keep the others waiting.</summary>
    private async Task<long> OfEachTenantAsync(
        Func<TenantId, CancellationToken, Task<long>> expire, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var org in await platform.ListTenantsAsync(cancellationToken))
        {
            try
            {
                total += await expire(org, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Failed(failure, org);
            }
        }

        return total;
    }

    private async Task<long> ExpireRowsAsync(TenantId org, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
            await using var expire = transaction.Command("select expire_tenant_rows($1, $2)").With(org.Value).With(AtATime);
            var expired = (long)(await expire.ExecuteScalarAsync(cancellationToken))!;
            await transaction.CommitAsync();
            total += expired;
            if (expired < AtATime) return total;
        }
    }

    /// <summary>As application_role: the platform sees no invitation. The counter before the rows (ADR 0015).</summary>
    private async Task<long> ExpireInvitationsAsync(TenantId org, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(org));
        var until = now - InvitationsKept;
        if (!await db.Invitations.AnyAsync(
            i => i.AcceptedAt == null && i.RevokedAt == null && i.ExpiresAt < until, cancellationToken))
            return 0;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await using (var hold = db.Command(
            "select 1 from usage_counters where org_id = $1 and resource = 'members' for update").With(org.Value))
            await hold.ExecuteNonQueryAsync(cancellationToken);
        await using var revoke = db.Command(
            """
            with gone as (
              update invitations set revoked_at = $2, updated_at = $2, version = version + 1
              where org_id = $1 and accepted_at is null and revoked_at is null and expires_at < $3 returning 1)
            update usage_counters set used = used - (select count(*) from gone)
            where org_id = $1 and resource = 'members' returning (select count(*) from gone)
            """).With(org.Value).With(now.UtcDateTime).With(until.UtcDateTime);
        var revoked = (long)(await revoke.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(CancellationToken.None);
        return revoked;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What has expired of {OrgId} cannot be cleared away")]
    private partial void Failed(Exception failure, TenantId orgId);
}
