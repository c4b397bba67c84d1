using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Looks for them as platform_role, and clears up bound to each one's tenant. The bytes go first, outside of any
/// transaction: a sweep that dies in between is repeated by the next. Two at once do no harm: only one deletes the row.
/// </summary>
internal sealed partial class UploadKeeping(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform,
    IDbContextFactory<AppDbContext> contexts, IFileStore store, FileLimits limits, TimeProvider clock,
    ILogger<UploadKeeping> log) : IUploadKeeping
{
    private const int AtATime = 500;

    public async Task<long> SweepAsync(CancellationToken cancellationToken)
    {
        var (total, after) = (0L, Guid.Empty);
        while (true)
        {
            var due = await DueAsync(after, cancellationToken);
            foreach (var key in due)
                if (await ClearAsync(key, cancellationToken))
                    total++;
            if (due.Count < AtATime) return total;

            after = due[^1].FileId.Value; // those that could not be cleared wait for the next time
        }
    }

    private async Task<List<FileKey>> DueAsync(Guid after, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            """
            select u.org_id, u.id from uploads u join organizations o on o.id = u.org_id
            where u.created_at < $1 and u.id > $2 and o.state <> 'purged'
              and (o.purge_due_at is null or o.purge_due_at > $4)
            order by u.id limit $3
            """); // what is left of tenants that are purged, or about to be, is the purge's affair; and the canaries stay
        var now = clock.GetUtcNow();
        select.With((now - limits.AbandonedAfter).UtcDateTime).With(after).With(AtATime).With(now.UtcDateTime);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var due = new List<FileKey>();
        while (await reader.ReadAsync(cancellationToken)) due.Add(new(new(reader.GetGuid(0)), new(reader.GetGuid(1))));
        return due;
    }

    private async Task<bool> ClearAsync(FileKey key, CancellationToken cancellationToken)
    {
        try
        {
            await store.EraseAsync(key, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotErased(failure, key.FileId, key.OrgId);
            return false;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(key.OrgId));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // The counter before the row, as everybody (ADR 0015).
        await using (var hold = db.Command(
            "select 1 from usage_counters where org_id = $1 and resource = 'storage' for update").With(key.OrgId.Value))
            await hold.ExecuteNonQueryAsync(cancellationToken);
        await using var clear = db.Command(
            """
            with gone as (delete from uploads where org_id = $1 and id = $2 returning reserved)
            update usage_counters set used = used - gone.reserved from gone
            where org_id = $1 and resource = 'storage'
            """).With(key.OrgId.Value).With(key.FileId.Value);
        var cleared = await clear.ExecuteNonQueryAsync(cancellationToken) == 1;
        await transaction.CommitAsync(CancellationToken.None);
        if (cleared) Cleared(key.FileId, key.OrgId);
        return cleared;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The upload {Id} of {OrgId} was abandoned, and is cleared up")]
    private partial void Cleared(FileId id, TenantId orgId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The abandoned upload {Id} of {OrgId} cannot be erased")]
    private partial void NotErased(Exception failure, FileId id, TenantId orgId);
}
