using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Mails;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="ITenantExpiry"/>
internal sealed partial class TenantExpiry(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformTenancy tenancy,
    TenantLifecycles lifecycle, TimeProvider clock, ILogger<TenantExpiry> log) : ITenantExpiry
{
    private const int AtATime = 500;

    /// <summary>The same as <see cref="TenantTransitions.Due"/>, which is asked again of each row.</summary>
    private const string Due =
        """
        select id from organizations
        where id > $2 and (state = 'trial' and trial_ends_at <= $1
          or state = 'active' and cancels_at_period_end and period_ends_at <= $1
          or state = 'suspended' and suspension_reason is distinct from 'operator' and grace_ends_at <= $1)
        order by id limit $3
        """;

    private const string Soon =
        """
        select o.id, a.notice, a.deadline from organizations o cross join lateral (values
          ('trial_ending', case when o.state = 'trial' then o.trial_ends_at end),
          ('deletion_ahead', case
            when o.state = 'suspended' and o.suspension_reason is distinct from 'operator' then o.grace_ends_at
            when o.state = 'active' and o.cancels_at_period_end then o.period_ends_at end)) a (notice, deadline)
        where o.id > $2 and a.deadline > $1 and a.deadline <= $1 + $4 and not exists (
          select from lifecycle_notices n where n.org_id = o.id and n.notice = a.notice and n.deadline = a.deadline)
        order by o.id limit $3
        """;

    public Task<long> ExpireAsync(CancellationToken cancellationToken) => EachAsync(
        Due,
        command => command,
        reader => new TenantId(reader.GetGuid(0)),
        org => org,
        async (_, transaction, stop) => (await lifecycle.SettleAsync(transaction, stop)).Moves > 0,
        cancellationToken);

    public Task<long> AnnounceAsync(CancellationToken cancellationToken) => EachAsync(
        Soon,
        command => command.With(LifecycleTimes.Notice),
        reader => (Org: new TenantId(reader.GetGuid(0)), Notice: reader.GetString(1),
            Deadline: reader.GetFieldValue<DateTimeOffset>(2)),
        due => due.Org,
        async (due, transaction, stop) =>
        {
            await using var claim = transaction.Command(
                """
                insert into lifecycle_notices (org_id, notice, deadline, created_at) values ($1, $2, $3, $4)
                on conflict do nothing
                """).With(due.Org.Value).With(due.Notice).With(due.Deadline.UtcDateTime).With(clock.Now().UtcDateTime);
            if (await claim.ExecuteNonQueryAsync(stop) == 0) return false;

            await transaction.QueueAsync(
                LifecycleNotice.Kind, LifecycleNotice.Ahead(due.Notice, due.Deadline), stop);
            return true;
        },
        cancellationToken);

    /// <summary>One that fails is left to the next time, and does not keep the others waiting.</summary>
    private async Task<long> EachAsync<T>(
        string sql, Func<NpgsqlCommand, NpgsqlCommand> fill, Func<NpgsqlDataReader, T> read, Func<T, TenantId> of,
        Func<T, PlatformTransaction, CancellationToken, Task<bool>> work, CancellationToken cancellationToken)
    {
        var (total, after) = (0L, Guid.Empty);
        while (true)
        {
            var found = new List<T>();
            await using (var select = platform.CreateCommand(sql))
            {
                fill(select.With(clock.Now().UtcDateTime).With(after).With(AtATime));
                await using var reader = await select.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken)) found.Add(read(reader));
            }

            foreach (var one in found)
                if (await TryAsync(one, of(one), work, cancellationToken))
                    total++;
            if (found.Count < AtATime) return total;

            after = of(found[^1]).Value;
        }
    }

    private async Task<bool> TryAsync<T>(
        T one, TenantId org, Func<T, PlatformTransaction, CancellationToken, Task<bool>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
            if (!await work(one, transaction, cancellationToken)) return false;

            await transaction.CommitAsync();
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(failure, org);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The time of {OrgId} has come, and its move failed")]
    private partial void Failed(Exception failure, TenantId orgId);
}
