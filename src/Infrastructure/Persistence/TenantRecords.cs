using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="ITenantRecords"/>
internal sealed class TenantRecords(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformTenancy tenancy,
    TenantLifecycles lifecycle, LifecycleTimes times, ICaller caller, TimeProvider clock) : ITenantRecords
{
    private const string Columns =
        "id, slug, name, tier, disposition, branding, locale, time_zone, currency, version, created_at, updated_at, "
        + StandingColumns.Names;

    /// <summary>As <see cref="TenantTransitions.At"/> judges; whose purge is due is deleted still, for operators.</summary>
    private const string StateNow =
        """
        case
          when state = 'trial' and trial_ends_at + $7 <= $6 then 'deleted'
          when state = 'trial' and trial_ends_at <= $6 then 'suspended'
          when state = 'active' and cancels_at_period_end and period_ends_at <= $6 then 'deleted'
          when state = 'suspended' and suspension_reason is distinct from 'operator' and grace_ends_at <= $6 then 'deleted'
          else state
        end
        """;

    public async Task<IReadOnlyList<TenantRecord>> ListAsync(TenantFilter filter, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            $"""
            select {Columns} from organizations
            where state <> 'purged' and id < $1 and ($2 is null or tier = $2) and ($3 is null or {StateNow} = $3)
              and ($4 is null or starts_with(slug, lower($4)) or starts_with(lower(name), lower($4)))
            order by id desc limit $5
            """); // the canaries are among the purged
        select.With(filter.Before.Value).WithWord(filter.Tier).WithWord(filter.State)
            .WithNullable(filter.Prefix, NpgsqlDbType.Text)
            .With(filter.Take).With(clock.Now().UtcDateTime).With(times.Grace);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var found = new List<TenantRecord>();
        while (await reader.ReadAsync(cancellationToken)) found.Add(Read(reader));
        return found;
    }

    public async Task<TenantRecord?> FindAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        return await FindAsync(transaction, cancellationToken);
    }

    public async Task<TenantHealth> LookAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        var used = new Dictionary<Quota, long>();
        await using (var select = transaction.Command("select resource, used from usage_counters where org_id = $1")
            .With(org.Value))
        await using (var counters = await select.ExecuteReaderAsync(cancellationToken))
            while (await counters.ReadAsync(cancellationToken))
                used[Wire.Parse<Quota>(counters.GetString(0))] = counters.GetInt64(1);

        await using var messages = transaction.Command(
            """
            select count(*) filter (where dead_at is null), count(dead_at), min(available_at) filter (where dead_at is null)
            from outbox where org_id = $1 and done_at is null
            """).With(org.Value);
        await using var reader = await messages.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new TenantHealth(
            used, reader.GetInt64(0), reader.GetInt64(1),
            reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
    }

    public async Task<Result<TenantRecord>> ChangeAsync(
        TenantId org, VersionCondition ifMatch, Func<TenantRecord, Result<TenantChange>> change,
        CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        if (await FindAsync(transaction, cancellationToken) is not { } before) return Error.NotFound;
        if (ifMatch.Check(before) is { } stale) return stale;

        var changed = change(before);
        if (changed.Error is { } refusal) return refusal;

        var (wanted, reason) = changed.Value;
        var after = wanted with { Version = before.Version + 1, UpdatedAt = clock.Now() };
        await using var update = transaction.Command(
            """
            update organizations set name = $3, tier = $4, locale = $5, time_zone = $6, currency = $7,
              branding = $8, updated_at = $9, version = version + 1
            where id = $1 and version = $2
            """).With(org.Value).With(before.Version).With(after.Name).With(Wire.Text(after.Tier)).With(after.Locale)
            .With(after.TimeZone).With(after.Currency).WithNullable(Json(after.Branding), NpgsqlDbType.Json)
            .With(after.UpdatedAt.UtcDateTime);
        if (await update.ExecuteNonQueryAsync(cancellationToken) == 0) return Error.PreconditionFailed;

        const string deed = "tenant.changed";
        // What changed stands in the line of the row; a plan is worth naming, and why an operator did it.
        var isMoved = before.Tier != after.Tier;
        var details = !isMoved && caller.Operator is null
            ? null
            : new
            {
                Plan = isMoved ? after.Tier : (Tier?)null,
                Before = isMoved ? before.Tier : (Tier?)null,
                Reason = reason,
                Operator = caller.Operator?.Name,
            };
        await transaction.RecordAsync(deed, org.Value, details, cancellationToken);
        if (caller.Operator is not null) await transaction.RecordForPlatformAsync(deed, details, cancellationToken);
        if (isMoved && after.Tier is Tier.Free && await lifecycle.FreeAsync(transaction, reason, cancellationToken))
            after = (await FindAsync(transaction, cancellationToken))!;
        await transaction.SignalAsync(cancellationToken);
        await transaction.CommitAsync();
        return after;
    }

    private static async Task<TenantRecord?> FindAsync(
        PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var select = transaction.Command(
            $"select {Columns} from organizations where id = $1 and state <> 'purged'").With(transaction.OrgId.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    private static TenantRecord Read(NpgsqlDataReader reader) => new()
    {
        Id = new(reader.GetGuid(0)),
        Slug = reader.GetString(1),
        Name = reader.GetString(2),
        Tier = Wire.Parse<Tier>(reader.GetString(3)),
        Disposition = reader.IsDBNull(4) ? null : Wire.Parse<TicketDisposition>(reader.GetString(4)),
        Branding = reader.IsDBNull(5) ? null : JsonSerializer.Deserialize<Branding>(reader.GetString(5), Wire.Json),
        Locale = reader.GetString(6),
        TimeZone = reader.GetString(7),
        Currency = reader.GetString(8),
        Version = reader.GetInt64(9),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(10),
        UpdatedAt = reader.GetFieldValue<DateTimeOffset>(11),
        Standing = StandingColumns.Read(reader, 12),
    };

    private static string? Json(Branding? branding) =>
        branding is null ? null : JsonSerializer.Serialize(branding, Wire.Json);
}
