using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Counters in usage_counters; the limit is read from the plan in the same statement (ADR 0015).</summary>
internal sealed class Quotas(AppDbContext db) : IQuotas
{
    private const string Reserve = """
        update usage_counters u set used = u.used + $3
        from organizations o join plans p on p.tier = o.tier
        where u.org_id = $1 and u.resource = $2 and o.id = $1
          and coalesce(u.used + $3 <= plan_limit(p, $2), true)
        """;

    private const string Standing = """
        select u.used, plan_limit(p, $2)
        from usage_counters u join organizations o on o.id = u.org_id join plans p on p.tier = o.tier
        where u.org_id = $1 and u.resource = $2
        """;

    private const string Hold = "select 1 from usage_counters where org_id = $1 and resource = $2 for update";

    private const string Release = "update usage_counters set used = used - $3 where org_id = $1 and resource = $2";

    public async Task<Error?> ReserveAsync(Quota quota, long n, CancellationToken cancellationToken)
    {
        await using var reserve = Named(Reserve, quota).With(n);
        if (await reserve.ExecuteNonQueryAsync(cancellationToken) == 1) return null;

        await using var standing = Named(Standing, quota);
        await using var reader = await standing.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new InvalidOperationException($"The tenant has no counter of {Wire.Text(quota)}.");

        return Error.Conflict("quota_exceeded")
            .With("resource", Wire.Text(quota))
            .With(
                "limit",
                await reader.IsDBNullAsync(1, cancellationToken)
                    ? null // unlimited since a moment
                    : reader.GetInt64(1))
            .With("used", reader.GetInt64(0));
    }

    public async Task HoldAsync(Quota quota, CancellationToken cancellationToken)
    {
        await using var hold = Named(Hold, quota);
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task ReleaseAsync(Quota quota, long n, CancellationToken cancellationToken)
    {
        await using var release = Named(Release, quota).With(n);
        if (await release.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new InvalidOperationException($"The tenant has no counter of {Wire.Text(quota)}.");
    }

    private Npgsql.NpgsqlCommand Named(string sql, Quota quota) =>
        db.Command(sql).With(db.OrgId.Value).With(Wire.Text(quota));
}
