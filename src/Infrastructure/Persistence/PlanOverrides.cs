using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IPlanOverrides"/>
internal sealed class PlanOverrides(PlatformTenancy platform, ICaller caller) : IPlanOverrides
{
    public async Task<IReadOnlyList<PlanOverride>?> ListAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (!await transaction.ExistsAsync(cancellationToken)) return null;

        await using var select = transaction.Command(
            """
            select entitlement, amount, enabled, expires_at, reason, created_at from tenant_overrides where org_id = $1
            """).With(org.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var found = new List<PlanOverride>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(PlanOverride.Of(
                org,
                Wire.Parse<Entitlement>(reader.GetString(0)),
                reader.IsDBNull(1) ? null : reader.GetInt64(1),
                reader.IsDBNull(2) ? null : reader.GetBoolean(2),
                reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetString(4),
                reader.GetFieldValue<DateTimeOffset>(5)));
        return found;
    }

    public Task<Error?> SetAsync(PlanOverride wanted, CancellationToken cancellationToken) => ChangeAsync(
        wanted.OrgId,
        "override.granted",
        new
        {
            Key = wanted.Entitlement,
            Limit = wanted.Amount,
            wanted.Enabled,
            wanted.ExpiresAt,
            wanted.Reason,
            Operator = caller.RequiredOperator().Name,
        },
        """
        insert into tenant_overrides (org_id, entitlement, amount, enabled, expires_at, reason, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (org_id, entitlement) do update set amount = excluded.amount, enabled = excluded.enabled,
          expires_at = excluded.expires_at, reason = excluded.reason, created_at = excluded.created_at
        """,
        command => command.With(wanted.OrgId.Value).With(Wire.Text(wanted.Entitlement))
            .WithNullable(wanted.Amount, NpgsqlDbType.Bigint).WithNullable(wanted.Enabled, NpgsqlDbType.Boolean)
            .WithNullable(wanted.ExpiresAt?.UtcDateTime, NpgsqlDbType.TimestampTz)
            .With(wanted.Reason).With(wanted.CreatedAt.UtcDateTime),
        cancellationToken);

    public Task<Error?> RemoveAsync(TenantId org, Entitlement entitlement, CancellationToken cancellationToken) =>
        ChangeAsync(
            org,
            "override.removed",
            new { Key = entitlement, Operator = caller.RequiredOperator().Name },
            "delete from tenant_overrides where org_id = $1 and entitlement = $2",
            command => command.With(org.Value).With(Wire.Text(entitlement)),
            cancellationToken);

    /// <summary>One transaction: the row, the deed in the tenant's log and in the platform's, the signal.</summary>
    private async Task<Error?> ChangeAsync(
        TenantId org, string deed, object details, string sql, Action<NpgsqlCommand> fill,
        CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        if (!await transaction.ExistsAsync(cancellationToken)) return Error.NotFound;

        await using var change = transaction.Command(sql);
        fill(change);
        if (await change.ExecuteNonQueryAsync(cancellationToken) == 0) return Error.NotFound;

        await transaction.RecordAsync(deed, org.Value, details, cancellationToken);
        await transaction.RecordForPlatformAsync(deed, details, cancellationToken);
        await transaction.SignalAsync(cancellationToken);
        await transaction.CommitAsync();
        return null;
    }
}
