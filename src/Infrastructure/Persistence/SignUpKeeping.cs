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

    /// <summary>
    /// A tenant is in its state since it was asked for, or tried again: as long as its link. A message that is dead is
    /// one whose work has killed the process too often; what merely fails undoes itself.
    /// </summary>
    private const string IsDue = """
        (o.state = 'provisioning' and (o.state_since <= $1 or exists (
            select from outbox m where m.org_id = o.id and m.kind = $2 and m.dead_at >= o.state_since))
          or o.state = 'provisioning_failed' and o.state_since <= $1 and o.name <> '')
        """;

    public async Task<long> SweepAsync(CancellationToken cancellationToken)
    {
        var (total, after) = (0L, Guid.Empty);
        while (true)
        {
            var due = await DueAsync(after, cancellationToken);
            foreach (var org in due)
                if (await ClearAsync(org, cancellationToken))
                    total++;
            if (due.Count < AtATime) return total;

            after = due[^1].Value;
        }
    }

    private async Task<List<TenantId>> DueAsync(Guid after, CancellationToken cancellationToken)
    {
        await using var select = platform.CreateCommand(
            $"select o.id from organizations o where o.id > $3 and {IsDue} order by o.id limit $4");
        select.With(Expired()).With(Provisioner.MessageKind).With(after).With(AtATime);
        return await select.ListTenantsAsync(cancellationToken);
    }

    private async Task<bool> ClearAsync(TenantId org, CancellationToken cancellationToken)
    {
        try
        {
            await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
            await rows.LockStepsAsync(transaction, cancellationToken);
            if (await LookAsync(transaction, cancellationToken) is not { } due) return false; // moved on a moment ago

            if (due.IsUnderWay)
            {
                var reason = due.IsOver ? "nobody followed the link" : "setting up was given up";
                if (await rows.UndoAsync(transaction, reason, forget: due.IsOver, cancellationToken) is not null)
                    return false;
            }
            else await rows.ForgetAsync(transaction, cancellationToken);

            await transaction.CommitAsync();
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotCleared(failure, org);
            return false;
        }
    }

    /// <summary>Looks again under the lock of the tenant's row: it may have been activated, or tried again.</summary>
    /// <returns>Null when nothing is to be done any more.</returns>
    private async Task<Due?> LookAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var look = transaction.Command(
            $"""
            select o.state = 'provisioning', o.state_since <= $1 from organizations o where o.id = $3 and {IsDue}
            for update of o
            """).With(Expired()).With(Provisioner.MessageKind).With(transaction.OrgId.Value);
        await using var reader = await look.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new(reader.GetBoolean(0), reader.GetBoolean(1)) : null;
    }

    private DateTime Expired() => (clock.GetUtcNow() - times.ActivationLifetime).UtcDateTime;

    /// <param name="IsUnderWay">To be undone; else only to be forgotten.</param>
    /// <param name="IsOver">Its time has run out.</param>
    private sealed record Due(bool IsUnderWay, bool IsOver);

    [LoggerMessage(Level = LogLevel.Error, Message = "The sign-up of {OrgId} cannot be undone")]
    private partial void NotCleared(Exception failure, TenantId orgId);
}
