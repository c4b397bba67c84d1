using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Provisioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Looks for them as platform_role, and undoes each bound to its tenant. Two at once do no harm: only one of them moves
/// the tenant's row.
/// </summary>
internal sealed partial class SignUpKeeping(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformTenancy tenancy,
    ProvisioningRows rows, SignUpTimes times, TimeProvider clock, ILogger<SignUpKeeping> log) : ISignUpKeeping
{
    private const int AtATime = 500;

    public async Task<long> SweepAsync(CancellationToken cancellationToken)
    {
        var (total, after) = (0L, Guid.Empty);
        while (true)
        {
            var due = await DueAsync(after, cancellationToken);
            foreach (var one in due)
                if (await ClearAsync(one, cancellationToken))
                    total++;
            if (due.Count < AtATime) return total;

            after = due[^1].OrgId.Value;
        }
    }

    /// <summary>
    /// A tenant is in its state since it was asked for, or tried again: as long as its link. A message that is dead is
    /// one whose work has killed the process too often; what merely fails undoes itself.
    /// </summary>
    private async Task<List<Due>> DueAsync(Guid after, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            """
            select o.id, o.state = 'provisioning', o.state_since <= $1 from organizations o
            where o.id > $2 and (
              o.state = 'provisioning' and (o.state_since <= $1 or exists (
                select from outbox m where m.org_id = o.id and m.kind = $4 and m.dead_at >= o.state_since))
              or o.state = 'provisioning_failed' and o.state_since <= $1 and o.name <> '')
            order by o.id limit $3
            """);
        select.With(Expired()).With(after).With(AtATime)
            .With(Provisioner.MessageKind);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var due = new List<Due>();
        while (await reader.ReadAsync(cancellationToken))
            due.Add(new(new(reader.GetGuid(0)), reader.GetBoolean(1), reader.GetBoolean(2)));
        return due;
    }

    private async Task<bool> ClearAsync(Due one, CancellationToken cancellationToken)
    {
        try
        {
            await using var transaction = await tenancy.BeginAsync(one.OrgId, cancellationToken);
            if (one.IsUnderWay)
            {
                var reason = one.IsOver ? "nobody followed the link" : "setting up was given up";
                if (await rows.UndoAsync(transaction, reason, forget: one.IsOver, cancellationToken) is not null)
                    return false; // activated a moment ago
            }
            else
            {
                if (!await IsStillOverAsync(transaction, cancellationToken)) return false; // tried again a moment ago

                await rows.ForgetAsync(transaction, cancellationToken);
            }

            await transaction.CommitAsync();
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotCleared(failure, one.OrgId);
            return false;
        }
    }

    /// <summary>Looked at again under the lock of the tenant's row, which a retry takes first.</summary>
    private async Task<bool> IsStillOverAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var over = transaction.Command(
            """
            select 1 from organizations where id = $1 and state = 'provisioning_failed' and state_since <= $2 for update
            """).With(transaction.OrgId.Value).With(Expired());
        return await over.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private DateTime Expired() => (clock.GetUtcNow() - times.ActivationLifetime).UtcDateTime;

    /// <param name="IsUnderWay">To be undone; else only to be forgotten.</param>
    /// <param name="IsOver">Its time has run out.</param>
    private sealed record Due(TenantId OrgId, bool IsUnderWay, bool IsOver);

    [LoggerMessage(Level = LogLevel.Error, Message = "The sign-up of {OrgId} cannot be undone")]
    private partial void NotCleared(Exception failure, TenantId orgId);
}
