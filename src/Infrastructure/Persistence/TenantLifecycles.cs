using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Mails;
using CleanTenancy.Infrastructure.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="ITenantLifecycle"/>
internal sealed class TenantLifecycles(
    PlatformTenancy platform, LifecycleTimes times, ICaller caller, TimeProvider clock) : ITenantLifecycle
{
    public Task<Error?> MoveAsync(TenantId org, TenantMove move, CancellationToken cancellationToken) =>
        ChangeAsync(org, (transaction, stop) => MoveAsync(transaction, move, stop), cancellationToken);

    public Task<Error?> ExtendTrialAsync(
        TenantId org, TrialExtension extension, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(
            org, (transaction, stop) => ExtendTrialAsync(transaction, extension, reason, stop), cancellationToken);

    /// <summary>
    /// Inside a transaction of the caller's: who gets a refusal rolls back, and nothing has happened. A free tenant that is
    /// activated needs no payment, and is subscribed at once.
    /// </summary>
    public async Task<Result<TenantStanding>> MoveAsync(
        PlatformTransaction transaction, TenantMove move, CancellationToken cancellationToken)
    {
        if (await SettleAsync(transaction, cancellationToken) is not { Row: { } row }) return Error.NotFound;

        var moved = await StepAsync(transaction, row, move, cancellationToken);
        return moved is { Error: null, Value: { Tier: Tier.Free, Standing.State: TenantState.Trial } trial }
            && move.Trigger is TenantTrigger.Activation
                ? Standing(await StepAsync(transaction, trial, new(TenantTrigger.Subscribe), cancellationToken))
                : Standing(moved);
    }

    /// <summary>
    /// A tenant whose plan is the free one from now on owes nothing: its trial, over or not, is a contract, and what was
    /// suspended for want of payment is suspended no more. What an operator has suspended stays so until an operator
    /// reinstates it, and what the clock has deleted is deleted.
    /// </summary>
    /// <returns>Whether it moved.</returns>
    public async Task<bool> FreeAsync(
        PlatformTransaction transaction, string? reason, CancellationToken cancellationToken)
    {
        // Not settled before: a trial that ran out a moment ago is not suspended and brought back.
        if (await FindAsync(transaction, cancellationToken) is not { } row
            || row.Standing.At(clock.Now(), times).State is TenantState.Deleted or TenantState.Purged)
            return false;

        TenantTrigger? trigger = row.Standing switch
        {
            { State: TenantState.Trial } => TenantTrigger.Subscribe,
            { State: TenantState.Suspended, Because: SuspensionReason.Billing } => TenantTrigger.OperatorReinstate,
            _ => null,
        };
        return trigger is { } one
            && (await StepAsync(transaction, row, new(one) { Reason = reason }, cancellationToken)).Error is null;
    }

    /// <summary>Makes real what the clock has done; nothing, where it has done nothing.</summary>
    /// <returns>The row as it is then, null for an unknown or purged tenant; and how often this one moved it.</returns>
    public async Task<(TenantRow? Row, int Moves)> SettleAsync(
        PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        for (var moves = 0; ;)
        {
            var row = await FindAsync(transaction, cancellationToken);
            if (row?.Standing.Due(clock.Now()) is not { } trigger) return (row, moves);

            // Refused when somebody else was faster: then it is looked at again.
            if ((await StepAsync(transaction, row, new(trigger), cancellationToken)).Error is null) moves++;
        }
    }

    private async Task<Error?> ChangeAsync(
        TenantId org, Func<PlatformTransaction, CancellationToken, Task<Result<TenantStanding>>> change,
        CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        var changed = await change(transaction, cancellationToken);
        if (changed.Error is null) await transaction.CommitAsync();
        return changed.Error;
    }

    private async Task<Result<TenantStanding>> ExtendTrialAsync(
        PlatformTransaction transaction, TrialExtension extension, string reason, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Not settled before: a trial that ran out a moment ago is extended, not suspended and brought back.
            if (await FindAsync(transaction, cancellationToken) is not { } row) return Error.NotFound;

            var (now, end) = (clock.Now(), row.Standing.TrialEndsAt);
            var until = extension.Until?.ToUniversalTime()
                ?? (end > now ? end.Value : now).AddDays(extension.Days!.Value);
            var extended = row.Standing.ExtendTrial(until, now);
            if (extended.Error is not null) return extended;
            if (until <= now || until <= end) return TenantErrors.TrialEndNotLater(end);
            if (!await WriteAsync(transaction, row, extended.Value, disposition: null, cancellationToken)) continue;

            await RecordAsync(
                transaction, "trial.extended", Details(row.Standing, extended.Value, "extend_trial", reason, until),
                cancellationToken);
            return extended;
        }
    }

    /// <summary>One arrow, whoever else pulls at the tenant: the loser of a race looks again, and may be refused.</summary>
    private async Task<Result<TenantRow>> StepAsync(
        PlatformTransaction transaction, TenantRow row, TenantMove move, CancellationToken cancellationToken)
    {
        while (true)
        {
            var terms = move.Terms with { NeedsNoPayment = row.Tier is Tier.Free };
            var moved = row.Standing.Move(move.Trigger, terms, clock.Now(), times);
            if (moved.Error is { } refusal) return refusal;
            if (await WriteAsync(transaction, row, moved.Value, move.Disposition, cancellationToken))
            {
                await FollowAsync(transaction, row, moved.Value, move, cancellationToken);
                return row with { Standing = moved.Value, Version = row.Version + 1 };
            }

            if (await FindAsync(transaction, cancellationToken) is not { } current) return Error.NotFound;

            row = current;
        }
    }

    /// <summary>The deed, the ledger, the end of what a deleted tenant has, and what happens outside.</summary>
    private async Task FollowAsync(
        PlatformTransaction transaction, TenantRow before, TenantStanding after, TenantMove move,
        CancellationToken cancellationToken)
    {
        var trigger = Wire.Text(move.Trigger);
        await RecordAsync(
            transaction, DeedOf(move.Trigger, after), Details(before.Standing, after, trigger, move.Reason),
            cancellationToken);
        if (TenantTransitions.IsOfContract(move.Trigger))
            await KeepAsync(transaction, before.Tier, trigger, move, cancellationToken);
        if (after.State is TenantState.Deleted) await EndAsync(transaction, before, after, cancellationToken);
        if (LifecycleNotice.Of(move.Trigger, after, move.Reason) is { } notice)
            await transaction.QueueAsync(LifecycleNotice.Kind, notice, cancellationToken);
        if (move.Trigger is TenantTrigger.Restore)
            await QuarantineHostsAsync(transaction, until: null, cancellationToken);
    }

    /// <summary>In the tenant's log; the purged have none, and what the platform does is in its own, too.</summary>
    private async Task RecordAsync(
        PlatformTransaction transaction, string deed, object details, CancellationToken cancellationToken)
    {
        var purged = deed == Purged;
        if (!purged) await transaction.RecordAsync(deed, transaction.OrgId.Value, details, cancellationToken);
        if (purged || caller.Operator is not null || caller.IsSystem)
            await transaction.RecordForPlatformAsync(deed, details, cancellationToken);
        await transaction.SignalAsync(cancellationToken);
    }

    private object Details(
        TenantStanding before, TenantStanding after, string trigger, string? reason, DateTimeOffset? until = null) => new
        {
            Until = until,
            Trigger = trigger,
            From = before.State,
            To = after.State,
            Suspension = after.State is TenantState.Suspended ? after.Because : (SuspensionReason?)null,
            Reason = reason,
            Operator = caller.Operator?.Name,
        };

    /// <summary>Sessions and keys are dead on every instance, custom domains are nobody else's, nothing is charged.</summary>
    private async Task EndAsync(
        PlatformTransaction transaction, TenantRow before, TenantStanding after, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using (var sessions = transaction.Command(
            """
            update sessions set revoked_at = $2, revoked_reason = 'tenant_deleted'
            where org_id = $1 and revoked_at is null
            """).With(transaction.OrgId.Value).With(now.UtcDateTime))
            await sessions.ExecuteNonQueryAsync(cancellationToken);
        await using (var keys = transaction.Command(
            "update api_keys set revoked_at = $2, version = version + 1 where org_id = $1 and revoked_at is null")
            .With(transaction.OrgId.Value).With(now.UtcDateTime))
            await keys.ExecuteNonQueryAsync(cancellationToken);
        await transaction.SignalPeopleAsync(cancellationToken);
        await QuarantineHostsAsync(transaction, after.PurgeDueAt, cancellationToken);
        if (before.Standing.State is not TenantState.Active && before.Standing.SuspendedFrom is not TenantState.Active)
            return; // a trial is no contract

        await KeepAsync(transaction, before.Tier, "contract_ended", new(TenantTrigger.Delete), cancellationToken);
        await transaction.QueueAsync(SubscriptionEnd.Kind, new SubscriptionEnd(), cancellationToken);
    }

    private static async Task QuarantineHostsAsync(
        PlatformTransaction transaction, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        await using var quarantine = transaction.Command("select quarantine_hosts($1, $2)")
            .With(transaction.OrgId.Value).WithInstant(until);
        await quarantine.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What the law keeps of contracts, apart from the tenant's data and without a person.</summary>
    private async Task KeepAsync(
        PlatformTransaction transaction, Tier tier, string kind, TenantMove move, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using var keep = transaction.Command(
            """
            insert into retained_ledger (id, tenant_id, at, kind, tier, amount, currency, retain_until)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """).With(Guid.CreateVersion7(now)).With(transaction.OrgId.Value).With(now.UtcDateTime).With(kind)
            .With(Wire.Text(tier)).WithNullable(move.Amount, NpgsqlDbType.Bigint)
            .WithNullable(move.Currency, NpgsqlDbType.Char)
            .With(now.AddYears(LifecycleTimes.LedgerYears).UtcDateTime);
        await keep.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The one conditional UPDATE.</summary>
    /// <returns>False when the row is no longer what was looked at.</returns>
    private async Task<bool> WriteAsync(
        PlatformTransaction transaction, TenantRow row, TenantStanding wanted, TicketDisposition? disposition,
        CancellationToken cancellationToken)
    {
        await using var update = transaction.Command(
            """
            update organizations set state = $4, suspension_reason = $5, state_since = $6, trial_ends_at = $7,
              period_ends_at = $8, cancels_at_period_end = $9, grace_ends_at = $10, suspended_from = $11,
              deleted_from = $12, purge_due_at = $13, disposition = $14, updated_at = $15, version = version + 1
            where id = $1 and state = $2 and version = $3
            """).With(transaction.OrgId.Value).With(Wire.Text(row.Standing.State)).With(row.Version)
            .With(Wire.Text(wanted.State)).WithWord(wanted.Reason)
            .With(wanted.Since.UtcDateTime).WithInstant(wanted.TrialEndsAt).WithInstant(wanted.PeriodEndsAt)
            .With(wanted.CancelsAtPeriodEnd).WithInstant(wanted.GraceEndsAt)
            .WithWord(wanted.SuspendedFrom).WithWord(wanted.DeletedFrom).WithInstant(wanted.PurgeDueAt)
            .WithWord(disposition).With(clock.Now().UtcDateTime);
        return await update.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>Null for an unknown or purged tenant.</returns>
    public static async Task<TenantRow?> FindAsync(
        PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var select = transaction.Command(
            $"select version, tier, {StandingColumns.Names} from organizations where id = $1 and state <> 'purged'")
            .With(transaction.OrgId.Value); // the canaries are among them
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;

        return new TenantRow(
            StandingColumns.Read(reader, 2), Wire.Parse<Tier>(reader.GetString(1)), reader.GetInt64(0));
    }

    private const string Purged = "tenant.purged";

    private static string DeedOf(TenantTrigger trigger, TenantStanding after) => trigger switch
    {
        TenantTrigger.Activation => "tenant.activated",
        TenantTrigger.Subscribe => "tenant.subscribed",
        TenantTrigger.Renew => "tenant.renewed",
        TenantTrigger.TrialExpired or TenantTrigger.PaymentFailed or TenantTrigger.OperatorSuspend =>
            "tenant.suspended",
        TenantTrigger.PaymentSucceeded or TenantTrigger.OperatorReinstate => "tenant.reinstated",
        TenantTrigger.CancelSubscription when after.State is TenantState.Active => "subscription.cancelled",
        TenantTrigger.CancelSubscription or TenantTrigger.GracePeriodExpired or TenantTrigger.Delete =>
            "tenant.deleted",
        TenantTrigger.Restore => "tenant.restored",
        TenantTrigger.PurgeData => Purged,
        TenantTrigger.ProvisioningFailed => "provisioning.failed",
        TenantTrigger.Retry => "provisioning.retried",
        _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, "A trigger without a deed."),
    };

    private static Result<TenantStanding> Standing(Result<TenantRow> moved) =>
        moved.Error is { } refusal ? refusal : moved.Value.Standing;
}

/// <summary>What the lifecycle knows of a tenant's row.</summary>
internal sealed record TenantRow(TenantStanding Standing, Tier Tier, long Version);

/// <summary>The columns that say where a tenant stands.</summary>
internal static class StandingColumns
{
    public const string Names =
        """
        state, suspension_reason, state_since, trial_ends_at, period_ends_at, cancels_at_period_end, grace_ends_at,
        suspended_from, deleted_from, purge_due_at
        """;

    public static TenantStanding Read(NpgsqlDataReader reader, int from)
    {
        return new TenantStanding
        {
            State = Wire.Parse<TenantState>(reader.GetString(from)),
            Reason = Word<SuspensionReason>(1),
            Since = reader.GetFieldValue<DateTimeOffset>(from + 2),
            TrialEndsAt = Instant(3),
            PeriodEndsAt = Instant(4),
            CancelsAtPeriodEnd = reader.GetBoolean(from + 5),
            GraceEndsAt = Instant(6),
            SuspendedFrom = Word<TenantState>(7),
            DeletedFrom = Word<TenantState>(8),
            PurgeDueAt = Instant(9),
        };

        DateTimeOffset? Instant(int column) =>
            reader.IsDBNull(from + column) ? null : reader.GetFieldValue<DateTimeOffset>(from + column);

        TEnum? Word<TEnum>(int column)
            where TEnum : struct, Enum =>
            reader.IsDBNull(from + column) ? null : Wire.Parse<TEnum>(reader.GetString(from + column));
    }
}
