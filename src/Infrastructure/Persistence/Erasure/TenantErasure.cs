using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence.Erasure;

/// <inheritdoc cref="IErasure"/>
internal sealed partial class TenantErasure(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource source, PlatformTenancy platform,
    TenantLifecycles lifecycles, TenantEraser eraser, PurgeRules rules, IFailPoints failPoints, ICaller caller, TimeProvider clock,
    ILogger<TenantErasure> log) : IErasure
{
    private const int AtATime = 100, LinesAtATime = 5_000;

    public async Task<Result<DateTimeOffset>> PurgeAsync(
        TenantId org, PurgeOrder order, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (await FindAsync(transaction, cancellationToken) is not { } found) return Error.NotFound;
        if (found.Slug != order.Slug) return PurgeErrors.NotConfirmed;
        if (found.State is TenantState.Deleted && found.DueAt > clock.GetUtcNow() && !order.Early)
            return PurgeErrors.NotDue(found.DueAt.Value);

        var move = new TenantMove(TenantTrigger.PurgeData)
        {
            Reason = order.Reason,
            Terms = new() { PurgesEarly = order.Early },
        };
        if ((await lifecycles.MoveAsync(transaction, move, cancellationToken)).Error is { } refusal) return refusal;

        return await StartAsync(transaction, ErasureKind.Purge, order.Reason, found.Tier, cancellationToken);
    }

    public async Task<long> PurgeDueAsync(CancellationToken cancellationToken)
    {
        foreach (var org in await DueAsync(cancellationToken))
            await TryAsync(org, StartDueAsync, cancellationToken);

        var finished = 0L;
        foreach (var org in await UnfinishedAsync(cancellationToken))
        {
            if (!await TryAsync(org, eraser.RunAsync, cancellationToken)) continue;

            finished++;
            Erased(org);
        }

        return finished;
    }

    public async Task<long> ReplayAsync(IReadOnlyList<TenantId> purged, CancellationToken cancellationToken)
    {
        var begun = 0L;
        foreach (var org in purged)
        {
            await using var transaction = await platform.BeginAsync(org, cancellationToken);
            if (await FindAsync(transaction, cancellationToken) is not { } found) continue;

            await BringDownAsync(transaction, cancellationToken);
            await StartAsync(transaction, ErasureKind.Replay, reason: null, found.Tier, cancellationToken);
            begun++;
        }

        return begun;
    }

    public async Task<ErasureCertificate?> FindCertificateAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        return await Certificates.FindAsync(transaction, cancellationToken);
    }

    public async Task<long> ReleaseNamesAsync(CancellationToken cancellationToken)
    {
        var released = 0L;
        foreach (var org in await ListAsync(
            "select names_to_release($1, $2)", clock.GetUtcNow(), cancellationToken))
            if (await TryAsync(org, ReleaseAsync, cancellationToken))
                released++;
        return released;

        async Task<bool> ReleaseAsync(TenantId org, CancellationToken stop)
        {
            await using var transaction = await platform.BeginAsync(org, stop);
            await eraser.ReleaseNamesAsync(transaction, stop);
            await transaction.CommitAsync();
            return true;
        }
    }

    public async Task<long> ExpireLedgerAsync(CancellationToken cancellationToken)
    {
        var (total, gone) = (0L, 0);
        do
        {
            await using var expire = source.CreateCommand(
                """
                delete from retained_ledger where id in (
                  select id from retained_ledger where retain_until <= $1 order by retain_until limit $2)
                """);
            expire.With(clock.GetUtcNow().UtcDateTime).With(LinesAtATime);
            gone = await expire.ExecuteNonQueryAsync(cancellationToken);
            total += gone;
        }
        while (gone == LinesAtATime);
        return total;
    }

    private async Task<bool> StartDueAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (await FindAsync(transaction, cancellationToken) is not { } found) return false;

        var moved = await lifecycles.MoveAsync(transaction, new(TenantTrigger.PurgeData), cancellationToken);
        if (moved.Error is not null) return false; // restored meanwhile

        await StartAsync(transaction, ErasureKind.Purge, reason: null, found.Tier, cancellationToken);
        return true;
    }

    /// <summary>
    /// No arrow of the lifecycle: what a backup has brought back is over, whatever state it was in when that was made.
    /// </summary>
    private async Task BringDownAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using var down = transaction.Command(
            """
            update organizations set state = 'purged', suspension_reason = null, state_since = $2, purge_due_at = null,
              updated_at = $2, version = version + 1
            where id = $1
            """).With(transaction.OrgId.Value).With(now.UtcDateTime);
        await down.ExecuteNonQueryAsync(cancellationToken);
        await transaction.RecordForPlatformAsync("tenant.purged", new { Kind = ErasureKind.Replay }, cancellationToken);
        await transaction.SignalAsync(cancellationToken);
    }

    /// <summary>
    /// In the transaction of the transition: the purge, the names, the last line that the law keeps. Commits it.
    /// </summary>
    /// <returns>When it began.</returns>
    private async Task<DateTimeOffset> StartAsync(
        PlatformTransaction transaction, ErasureKind kind, string? reason, string tier,
        CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await eraser.BeginAsync(transaction, kind, caller.Operator?.Id, reason, now, cancellationToken);
        await using (var quarantine = transaction.Command("select quarantine_names($1, $2)")
            .With(transaction.OrgId.Value).With((now + rules.Quarantine).UtcDateTime))
            await quarantine.ExecuteNonQueryAsync(cancellationToken);
        await using (var keep = transaction.Command(
            """
            insert into retained_ledger (id, tenant_id, at, kind, tier, retain_until) values ($1, $2, $3, $4, $5, $6)
            """))
        {
            keep.With(Guid.CreateVersion7(now)).With(transaction.OrgId.Value).With(now.UtcDateTime)
                .With(Wire.Text(TenantTrigger.PurgeData)).With(tier)
                .With(now.AddYears(LifecycleTimes.LedgerYears).UtcDateTime);
            await keep.ExecuteNonQueryAsync(cancellationToken);
        }

        failPoints.Pass("purge start before");
        await transaction.CommitAsync();
        failPoints.Pass("purge start after");
        return now;
    }

    /// <summary>The tenant as it is, locked; null for one that is not there any more.</summary>
    private static async Task<Found?> FindAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var find = transaction.Command(
            "select slug, tier, state, purge_due_at from organizations where id = $1 and state <> 'purged' for update")
            .With(transaction.OrgId.Value);
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Found(
                reader.GetString(0),
                reader.GetString(1),
                Wire.Parse<TenantState>(reader.GetString(2)),
                reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3))
            : null;
    }

    private Task<List<TenantId>> DueAsync(CancellationToken cancellationToken) => ListAsync(
        """
        select id from organizations where state = 'deleted' and purge_due_at <= $1 order by purge_due_at limit $2
        """,
        clock.GetUtcNow(), cancellationToken);

    private Task<List<TenantId>> UnfinishedAsync(CancellationToken cancellationToken) => ListAsync(
        "select tenant_id from purges where finished_at is null and started_at <= $1 order by started_at limit $2",
        clock.GetUtcNow(), cancellationToken);

    private async Task<List<TenantId>> ListAsync(string sql, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var list = source.CreateCommand(sql).With(now.UtcDateTime).With(AtATime);
        return await list.ListTenantsAsync(cancellationToken);
    }

    /// <summary>What fails for one tenant, a store that is away among it, does not keep the others waiting.</summary>
    private async Task<bool> TryAsync(
        TenantId org, Func<TenantId, CancellationToken, Task<bool>> act, CancellationToken cancellationToken)
    {
        try
        {
            return await act(org, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotErased(failure, org);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Nothing of {OrgId} is left")]
    private partial void Erased(TenantId orgId);

    [LoggerMessage(Level = LogLevel.Error, Message = "What is left to do of {OrgId} failed, and is gone on with the next time")]
    private partial void NotErased(Exception failure, TenantId orgId);

    private sealed record Found(string Slug, string Tier, TenantState State, DateTimeOffset? DueAt);
}
