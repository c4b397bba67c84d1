using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Counters in usage_counters; the limit, of the plan or of an override, is read in the same statement (ADR 0015).
/// </summary>
internal sealed class Quotas(AppDbContext db, QuotaNotices notices, TimeProvider clock) : IQuotas
{
    private const string Terms = """
        organizations o join plans p on p.tier = o.tier
          left join tenant_overrides v on v.org_id = $1 and v.entitlement = $3 and coalesce(v.expires_at > $4, true)
          cross join lateral (
            select case when v.entitlement is null then plan_limit(p, $2) else v.amount end as most offset 0) l
        """;

    private const string Reserve = $"""
        update usage_counters u set used = u.used + $5 from {Terms}
        where u.org_id = $1 and u.resource = $2 and o.id = $1 and ($5 <= 0 or coalesce(u.used + $5 <= l.most, true))
        returning u.used, l.most
        """;

    private const string Standing = $"""
        select u.used, l.most from usage_counters u, {Terms} where u.org_id = $1 and u.resource = $2 and o.id = $1
        """;

    private const string Hold = "select 1 from usage_counters where org_id = $1 and resource = $2 for update";

    private const string Release = "update usage_counters set used = used - $3 where org_id = $1 and resource = $2";

    public async Task<Error?> ReserveAsync(Quota quota, long n, CancellationToken cancellationToken)
    {
        if (await TryReserveAsync(quota, n, cancellationToken) is not { } standing)
            return await RefusalAsync(quota, cancellationToken);

        await notices.QueueAsync(quota, standing.Used - n, standing.Used, standing.Limit, cancellationToken);
        return null;
    }

    public async Task<Error?> ReserveUnsettledAsync(Quota quota, long n, CancellationToken cancellationToken) =>
        await TryReserveAsync(quota, n, cancellationToken) is null
            ? await RefusalAsync(quota, cancellationToken)
            : null;

    public async Task<Error?> SettleAsync(
        Quota quota, long reserved, long real, CancellationToken cancellationToken)
    {
        // Less is a reservation of a negative number, which there is always room for.
        if (await TryReserveAsync(quota, real - reserved, cancellationToken) is not { } standing)
            return await RefusalAsync(quota, cancellationToken);

        await notices.QueueAsync(quota, standing.Used - real, standing.Used, standing.Limit, cancellationToken);
        return null;
    }

    public async Task HoldAsync(Quota quota, CancellationToken cancellationToken)
    {
        await using var hold = Named(Hold, quota);
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task ReleaseAsync(Quota quota, long n, CancellationToken cancellationToken)
    {
        await using var release = Named(Release, quota).With(n);
        if (await release.ExecuteNonQueryAsync(cancellationToken) != 1) throw Uncounted(quota);
    }

    /// <returns>Null when there is no room.</returns>
    private async Task<(long Used, long? Limit)?> TryReserveAsync(
        Quota quota, long n, CancellationToken cancellationToken)
    {
        await using var reserve = WithTerms(Reserve, quota).With(n);
        return await ReadAsync(reserve, cancellationToken);
    }

    private async Task<Error> RefusalAsync(Quota quota, CancellationToken cancellationToken)
    {
        await using var standing = WithTerms(Standing, quota);
        var (used, limit) = await ReadAsync(standing, cancellationToken) ?? throw Uncounted(quota);
        return Error.Conflict("quota_exceeded")
            .With("resource", Wire.Text(quota))
            .With("limit", limit) // null: unlimited since a moment
            .With("used", used);
    }

    private static async Task<(long Used, long? Limit)?> ReadAsync(
        NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;

        return (reader.GetInt64(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetInt64(1));
    }

    private NpgsqlCommand Named(string sql, Quota quota) =>
        db.Command(sql).With(db.OrgId.Value).With(Wire.Text(quota));

    private NpgsqlCommand WithTerms(string sql, Quota quota) =>
        Named(sql, quota).With(Wire.Text(EntitlementOf(quota))).With(clock.GetUtcNow().UtcDateTime);

    private static InvalidOperationException Uncounted(Quota quota) =>
        new($"The tenant has no counter of {Wire.Text(quota)}.");

    private static Entitlement EntitlementOf(Quota quota) => quota switch
    {
        Quota.Events => Entitlement.Events,
        Quota.Participants => Entitlement.Participants,
        Quota.Members => Entitlement.Members,
        Quota.Storage => Entitlement.StorageBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(quota), quota, "Nothing is counted."),
    };
}
