using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Infrastructure.Operations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// The operations of all tenants. Looks for them as platform_role; each step after that is a short transaction bound to
/// the one tenant.
/// </summary>
internal sealed class OperationQueue(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, IServiceScopeFactory scopes,
    TimeProvider clock)
{
    /// <summary>Tenants with an operation that waits, and none that runs; the longest waiting first.</summary>
    public async Task<IReadOnlyList<TenantId>> DueAsync(string[] kinds, int limit, CancellationToken cancellationToken)
    {
        await using var due = platform.CreateCommand(
            """
            select o.org_id from operations o join organizations t on t.id = o.org_id
            where t.state <> 'purged' and o.status in ('queued', 'running') and o.kind = any($1)
              and (o.claimed_until is null or o.claimed_until <= clock_timestamp())
              and not exists (
                select from operations other
                where other.org_id = o.org_id and other.status = 'running' and other.claimed_until > clock_timestamp())
            group by o.org_id order by min(o.created_at) limit $2
            """).With(kinds).With(limit);
        return await due.ListTenantsAsync(cancellationToken);
    }

    /// <summary>
    /// Takes the tenant's first operation that waits, if none of its runs: one at a time. The lock, for as long as the
    /// claim takes, keeps a second claim from looking before it sees the first. Of a tenant that is purged nothing is taken.
    /// </summary>
    /// <param name="lease">By the database's clock.</param>
    /// <returns>Null when there is none.</returns>
    public Task<OperationClaim?> ClaimAsync(
        TenantId org, string[] kinds, TimeSpan lease, CancellationToken cancellationToken) => InAsync(org, async tx =>
    {
        await using (var locked = tx.Command("select pg_advisory_xact_lock(hashtextextended('operations ' || $1::text, 0))")
            .With(org.Value))
            await locked.ExecuteNonQueryAsync(cancellationToken);
        await using var claim = tx.Command(
            """
            with next as (
              select o.id from operations o
              where o.org_id = $1 and o.status in ('queued', 'running') and o.kind = any($2)
                and exists (select from organizations t where t.id = $1 and t.state <> 'purged')
                and (o.claimed_until is null or o.claimed_until <= clock_timestamp())
                and not exists (
                  select from operations other
                  where other.org_id = $1 and other.status = 'running' and other.claimed_until > clock_timestamp())
              order by o.created_at, o.id limit 1 for update of o skip locked)
            update operations o
            set status = 'running', attempts = o.attempts + 1, fence = o.fence + 1,
              claimed_until = clock_timestamp() + $3, updated_at = $4
            from next where o.org_id = $1 and o.id = next.id
            returning o.id, o.kind, o.arguments, o.started_by, o.attempts, o.fence
            """).With(org.Value).With(kinds).With(lease).With(clock.Now().UtcDateTime);
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new OperationClaim(
                org,
                new(reader.GetGuid(0)),
                Wire.Parse<OperationKind>(reader.GetString(1)),
                reader.GetString(2),
                new(reader.GetGuid(3)),
                reader.GetInt32(4),
                reader.GetInt64(5))
            : null;
    }, cancellationToken);

    /// <summary>
    /// Still at it: the lease anew, and how far it is. Not once the tenant is purged: the purge waits for the leases that
    /// there were when it began, and no longer.
    /// </summary>
    /// <returns>False when somebody else has taken it over.</returns>
    public Task<bool> BeatAsync(
        OperationClaim claim, OperationMeter meter, TimeSpan lease, CancellationToken cancellationToken) =>
        InAsync(claim.OrgId, async tx =>
        {
            if (!await tx.ExistsAsync(cancellationToken)) return false;

            await using var beat = Fenced(
                tx.Command,
                "claimed_until = clock_timestamp() + $4, done = $5, total = $6, updated_at = $7",
                claim).With(lease).With(meter.Done).WithNullable(meter.Total, NpgsqlDbType.Bigint)
                .With(clock.Now().UtcDateTime);
            return await beat.ExecuteNonQueryAsync(cancellationToken) == 1;
        }, cancellationToken);

    /// <summary>To be tried again, by whoever comes first after the delay.</summary>
    /// <param name="isCounted">False when the attempt ended because the instance did.</param>
    /// <returns>False when somebody else has taken it over.</returns>
    public Task<bool> PutBackAsync(
        OperationClaim claim, TimeSpan delay, bool isCounted, CancellationToken cancellationToken) =>
        InAsync(claim.OrgId, async tx =>
        {
            await using var back = Fenced(
                tx.Command,
                "status = 'queued', claimed_until = clock_timestamp() + $4, attempts = attempts - $5, updated_at = $6",
                claim).With(delay).With(isCounted ? 0 : 1).With(clock.Now().UtcDateTime);
            return await back.ExecuteNonQueryAsync(cancellationToken) == 1;
        }, cancellationToken);

    /// <returns>False when somebody else has taken it over: what was done here counts for nothing.</returns>
    public Task<bool> FinishAsync(
        OperationClaim claim, OperationMeter meter, OperationOutcome outcome, CancellationToken cancellationToken) =>
        InAsync(claim.OrgId, async tx =>
        {
            await using var finish = Finish(tx.Command, claim, meter, outcome, clock.Now());
            return await finish.ExecuteNonQueryAsync(cancellationToken) == 1;
        }, cancellationToken);

    /// <summary>
    /// The statement that finishes, for a runner whose effect is rows: in the same transaction, and when it touches no
    /// row somebody else has taken over and the transaction must be rolled back.
    /// </summary>
    /// <param name="command">Makes a command of a transaction that is bound to the tenant.</param>
    public static NpgsqlCommand Finish(
        Func<string, NpgsqlCommand> command, OperationClaim claim, OperationMeter meter, OperationOutcome outcome,
        DateTimeOffset now) =>
        Fenced(
            command,
            """
            status = $4, result = $5, error = $6, done = $7, total = $8, expires_at = $9, finished_at = $10,
            updated_at = $10, claimed_until = null
            """,
            claim).With(Wire.Text(outcome.Error is null ? OperationStatus.Succeeded : OperationStatus.Failed))
            .WithNullable(outcome.Result, NpgsqlDbType.Json).WithNullable(outcome.Error, NpgsqlDbType.Text)
            .With(meter.Done).WithNullable(meter.Total, NpgsqlDbType.Bigint)
            .With((outcome.ExpiresAt ?? now).UtcDateTime).With(now.UtcDateTime);

    /// <summary>
    /// The statement that tells whether this very attempt has finished, for a runner that has lost the answer of its commit:
    /// it waits for one that is still under way.
    /// </summary>
    public static NpgsqlCommand HasSucceeded(Func<string, NpgsqlCommand> command, OperationClaim claim) =>
        command("select status = 'succeeded' and fence = $3 from operations where org_id = $1 and id = $2 for update")
            .With(claim.OrgId.Value).With(claim.Id.Value).With(claim.Fence);

    /// <summary>Operations that left something in the store for longer than they said.</summary>
    public async Task<IReadOnlyList<(TenantId OrgId, OperationId Id, long Fence)>> ExpiredAsync(
        OperationId after, int limit, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            "select org_id, id, fence from operations where expires_at <= $1 and id > $2 order by id limit $3")
            .With(clock.GetUtcNow().UtcDateTime).With(after.Value).With(limit);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var expired = new List<(TenantId, OperationId, long)>();
        while (await reader.ReadAsync(cancellationToken))
            expired.Add((new(reader.GetGuid(0)), new(reader.GetGuid(1)), reader.GetInt64(2)));
        return expired;
    }

    /// <summary>Nothing of it is in the store any more.</summary>
    public Task<bool> ClearedAsync(TenantId org, OperationId id, CancellationToken cancellationToken) =>
        InAsync(org, async tx =>
        {
            await using var clear = tx.Command(
                "update operations set expires_at = null where org_id = $1 and id = $2 and expires_at is not null")
                .With(org.Value).With(id.Value);
            return await clear.ExecuteNonQueryAsync(cancellationToken) == 1;
        }, cancellationToken);

    private static NpgsqlCommand Fenced(Func<string, NpgsqlCommand> command, string set, OperationClaim claim) =>
        command($"update operations set {set} where org_id = $1 and id = $2 and fence = $3 and status = 'running'")
            .With(claim.OrgId.Value).With(claim.Id.Value).With(claim.Fence);

    private async Task<T> InAsync<T>(
        TenantId org, Func<PlatformTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        await using var tx = await scope.ServiceProvider.GetRequiredService<PlatformTenancy>()
            .BeginAsync(org, cancellationToken);
        var result = await work(tx);
        await tx.CommitAsync();
        return result;
    }
}
