using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence.Erasure;

/// <summary>
/// Empties a tenant, step by step: what is in the store, then table by table, children first, in short transactions.
/// Each batch and its count are one transaction, so that whoever goes on after a crash counts nothing twice. Two at once
/// share the work: who finds the other in a transaction leaves it to them.
/// </summary>
internal sealed class TenantEraser(
    PlatformTenancy platform, ErasurePlan plan, IFileStore store, FileLimits files, PurgeRules rules,
    IFailPoints failPoints, TimeProvider clock)
{
    private const string Files = "files in the store", LateFiles = "late files in the store";

    /// <summary>
    /// From the commit on, the tenant is being erased and nothing brings it back. Its own row is emptied here, under
    /// the lock of the transition.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was purged before.</exception>
    public async Task BeginAsync(
        PlatformTransaction transaction, ErasureKind kind, OperatorId? by, string? reason, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var begin = transaction.Command(
            """
            insert into purges (tenant_id, kind, requested_by, reason, started_at, settles_at)
            select $1, $2, $3, $4, $5, greatest(
              $6,
              (select max(created_at) + $7 from uploads where org_id = $1 and created_at > $5 - $7),
              (select max(claimed_until) from operations where org_id = $1 and claimed_until > $5))
            on conflict (tenant_id) do update set kind = excluded.kind, requested_by = excluded.requested_by,
              reason = excluded.reason, started_at = excluded.started_at, settles_at = excluded.settles_at, finished_at = null
            where purges.kind = 'compensation' and purges.finished_at is not null -- an earlier try to set the tenant up
            """);
        begin.With(transaction.OrgId.Value).With(Wire.Text(kind))
            .WithNullable(by?.Value, NpgsqlDbType.Uuid).WithNullable(reason, NpgsqlDbType.Varchar)
            .With(now.UtcDateTime)
            .With((now + rules.Settling).UtcDateTime).With(files.AbandonedAfter);
        if (await begin.ExecuteNonQueryAsync(cancellationToken) == 0)
            throw new InvalidOperationException("The tenant was purged, or is being purged.");

        await EntombAsync(transaction, slug: null, cancellationToken);
    }

    /// <summary>Frees the tenant's names; its row keeps one that is nobody's.</summary>
    public async Task ReleaseNamesAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        var (org, none) = (transaction.OrgId.Value, $"{Slug.Gone}{transaction.OrgId.Value:N}");
        if (!await SignUps.ReserveAsync(transaction, none, cancellationToken))
            throw new InvalidOperationException("The name of a tenant that is gone is taken.");

        await EntombAsync(transaction, none, cancellationToken);
        await using var release = transaction.Command("select release_names($1, $2)").With(org).With(none);
        await release.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Does what is left to do of a purge that was begun.</summary>
    /// <returns>True when nothing is left; false when it is somebody else's turn, or must settle.</returns>
    public async Task<bool> RunAsync(TenantId org, CancellationToken cancellationToken)
    {
        if (await SettlesAtAsync(org, cancellationToken) is not { } settlesAt) return true;

        string[] tables = [.. plan.Tables];
        await PrepareAsync(org, [Files, .. tables, LateFiles], cancellationToken);
        if (!await EraseFilesAsync(org, Files, cancellationToken)) return false;

        foreach (var table in tables)
            if (!await EraseTableAsync(org, table, cancellationToken))
                return false;
        if (clock.GetUtcNow() < settlesAt) return false;
        if (!await EraseFilesAsync(org, LateFiles, cancellationToken)) return false;

        while (await FinishAsync(org, tables, cancellationToken) is { } isEmpty)
            if (isEmpty)
                return true;
        return false;
    }

    /// <returns>Null when no purge is under way.</returns>
    private async Task<DateTimeOffset?> SettlesAtAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        await using var find = transaction.Command(
            "select settles_at from purges where tenant_id = $1 and finished_at is null").With(org.Value);
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? reader.GetFieldValue<DateTimeOffset>(0)
            : null;
    }

    private async Task PrepareAsync(TenantId org, string[] targets, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        await using var prepare = transaction.Command(
            """
            insert into purge_steps (tenant_id, target, position)
            select $1, target, position from unnest($2) with ordinality as steps (target, position)
            on conflict (tenant_id, target) do nothing
            """).With(org.Value).With(targets);
        await prepare.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync();
    }

    /// <summary>
    /// Counted first and written down, then erased: outside of any transaction, and again after a crash.
    /// </summary>
    private async Task<bool> EraseFilesAsync(TenantId org, string target, CancellationToken cancellationToken)
    {
        if (await IsDoneAsync(org, target, cancellationToken)) return true;

        var holding = await store.MeasureAsync(org, cancellationToken);
        var isOurs = await ChangeAsync(
            org,
            "update purge_steps set rows = $3, bytes = $4 where tenant_id = $1 and target = $2 and bytes is null",
            target, [holding.Files, holding.Bytes], cancellationToken);
        if (!isOurs) return false;

        failPoints.Pass($"purge {target} counted");
        await store.EraseAllAsync(org, cancellationToken);
        failPoints.Pass($"purge {target} erased");
        return await ChangeAsync(
            org,
            "update purge_steps set done_at = $3 where tenant_id = $1 and target = $2 and done_at is null",
            target, [clock.GetUtcNow().UtcDateTime], cancellationToken);
    }

    private async Task<bool> IsDoneAsync(TenantId org, string target, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        await using var done = transaction.Command(
            "select done_at is not null from purge_steps where tenant_id = $1 and target = $2")
            .With(org.Value).With(target);
        return (bool)(await done.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<bool> ChangeAsync(
        TenantId org, string sql, string target, object[] values, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (!await TakeAsync(transaction, cancellationToken)) return false;

        await using var change = transaction.Command(sql).With(org.Value).With(target);
        foreach (var value in values) change.Parameters.AddWithValue(value);
        await change.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync();
        return true;
    }

    private async Task<bool> EraseTableAsync(TenantId org, string table, CancellationToken cancellationToken)
    {
        if (await IsDoneAsync(org, table, cancellationToken)) return true;

        while (true)
        {
            await using var transaction = await platform.BeginAsync(org, cancellationToken);
            if (!await TakeAsync(transaction, cancellationToken)) return false;

            var gone = await EraseBatchAsync(transaction, table, cancellationToken);
            failPoints.Pass($"purge {table} before");
            await transaction.CommitAsync();
            failPoints.Pass($"purge {table} after");
            if (gone < rules.BatchRows) return true;
        }
    }

    /// <summary>
    /// Looks into every table once more, in one transaction: what was under way when the first pass went by is there now.
    /// </summary>
    /// <returns>Null when it is somebody else's turn, true when all were empty and the purge is over.</returns>
    private async Task<bool?> FinishAsync(TenantId org, string[] tables, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (!await TakeAsync(transaction, cancellationToken)) return null;

        var gone = 0L;
        foreach (var table in tables) gone += await EraseBatchAsync(transaction, table, cancellationToken);
        if (gone == 0) await CertifyAsync(transaction, cancellationToken);
        failPoints.Pass("purge finish before");
        await transaction.CommitAsync();
        failPoints.Pass("purge finish after");
        return gone == 0;
    }

    private async Task CertifyAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        // Whatever operators wrote about the tenant in words of their own may name a person.
        await using (var forget = transaction.Command("select forget_reasons($1)").With(transaction.OrgId.Value))
            await forget.ExecuteNonQueryAsync(cancellationToken);
        await using (var finish = transaction.Command("update purges set finished_at = $2 where tenant_id = $1")
            .With(transaction.OrgId.Value).With(clock.Now().UtcDateTime))
            await finish.ExecuteNonQueryAsync(cancellationToken);
        var certificate = await Certificates.FindAsync(transaction, cancellationToken)
            ?? throw new InvalidOperationException("A purge that was finished has no certificate.");
        // A copy of the hash in a log whose lines nobody changes, but for the reasons that went above: a certificate that
        // was touched later does not match.
        await transaction.RecordForPlatformAsync(
            "tenant.erased", new { certificate.Kind, certificate.Rows, certificate.Sha256 }, cancellationToken);
    }

    private async Task<long> EraseBatchAsync(
        PlatformTransaction transaction, string table, CancellationToken cancellationToken)
    {
        await using var erase = transaction.Command(
            """
            update purge_steps s
            set rows = s.rows + gone.rows, digest = gone.digest,
              done_at = case when gone.rows < $3 then coalesce(s.done_at, $4) end
            from purge_tenant_rows(
              $1, $2, $3, (select digest from purge_steps where tenant_id = $1 and target = $2)) gone
            where s.tenant_id = $1 and s.target = $2
            returning gone.rows
            """).With(transaction.OrgId.Value).With(table).With(rules.BatchRows).With(clock.GetUtcNow().UtcDateTime);
        return (long)(await erase.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>One at a time, and nobody waits; false also when it is over.</summary>
    private static async Task<bool> TakeAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var take = transaction.Command(
            "select 1 from purges where tenant_id = $1 and finished_at is null for update skip locked")
            .With(transaction.OrgId.Value);
        return await take.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task EntombAsync(
        PlatformTransaction transaction, string? slug, CancellationToken cancellationToken)
    {
        await using var entomb = transaction.Command("select entomb_tenant($1, $2)")
            .With(transaction.OrgId.Value).WithNullable(slug, NpgsqlDbType.Varchar);
        await entomb.ExecuteNonQueryAsync(cancellationToken);
    }
}
