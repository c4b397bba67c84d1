using System.Security.Cryptography;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.Infrastructure.Provisioning;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// What is to be done for a new tenant, what was done, and how it is taken back. As platform_role, bound to the tenant.
/// Steps are locked before the tenant's row and that before the sign-up, by all (ADR 0044).
/// </summary>
internal sealed class ProvisioningRows(
    TenantLifecycles lifecycle, ErasurePlan erasure, SignUpTimes times, TimeProvider clock)
{
    public const string WillRetry = "failed, and is tried again";

    /// <returns>False when it is not to be done any more: somebody else has, or the sign-up is undone.</returns>
    public async Task<bool> FinishAsync(
        PlatformTransaction transaction, ProvisioningTask task, ProvisioningStepStatus status, string? reason,
        CancellationToken cancellationToken)
    {
        await using var finish = transaction.Command(
            """
            update provisioning_steps set status = $3, reason = $4, done_at = $5, attempts = attempts + 1
            where org_id = $1 and task = $2 and status = 'pending'
            """).With(transaction.OrgId.Value).With(Wire.Text(task)).With(Wire.Text(status))
            .WithNullable(reason, NpgsqlDbType.Text).With(clock.GetUtcNow().UtcDateTime);
        return await finish.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>How often it has failed by now.</returns>
    public async Task<int> FailedAsync(
        PlatformTransaction transaction, ProvisioningTask task, CancellationToken cancellationToken)
    {
        await using var failed = transaction.Command(
            """
            update provisioning_steps set attempts = attempts + 1, reason = $3
            where org_id = $1 and task = $2 and status = 'pending' returning attempts
            """).With(transaction.OrgId.Value).With(Wire.Text(task)).With(WillRetry);
        return await failed.ExecuteScalarAsync(cancellationToken) is int attempts ? attempts : 0;
    }

    public async Task<Applicant> ApplicantAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var select = transaction.Command(
            """
            select s.slug, s.admin_name, s.admin_email, o.locale
            from sign_ups s join organizations o on o.id = s.org_id where s.org_id = $1
            """).With(transaction.OrgId.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            throw new InvalidOperationException("Nobody has asked for this tenant.");

        return new Applicant(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3));
    }

    /// <summary>The host answers from now on: that there is a tenant, and that it is being set up.</summary>
    public async Task RouteAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var route = transaction.Command("select route_slug(slug, org_id) from sign_ups where org_id = $1")
            .With(transaction.OrgId.Value);
        if (await route.ExecuteScalarAsync(cancellationToken) is not true)
            throw new InvalidOperationException("The name is not the tenant's.");

        await transaction.SignalAsync(cancellationToken);
    }

    public async Task ArmAsync(PlatformTransaction transaction, byte[] hash, CancellationToken cancellationToken)
    {
        await using var arm = transaction.Command("update sign_ups set activation_hash = $2 where org_id = $1")
            .With(transaction.OrgId.Value).With(hash);
        await arm.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>For who looks at the tenant's row before it writes.</summary>
    public async Task LockStepsAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var wait = transaction.Command(
            "select 1 from provisioning_steps where org_id = $1 order by task for update").With(transaction.OrgId.Value);
        await wait.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// All of it in one transaction: the state, the name, which is free at once, the rows, the mails that have not gone
    /// out. Nothing of it is ever seen half done.
    /// </summary>
    /// <param name="reason">For operators.</param>
    /// <param name="forget">Also who asked: nobody will try it again.</param>
    /// <returns>Null, or invalid_transition, and nothing must be committed: it was activated, or undone, meanwhile.</returns>
    public async Task<Error?> UndoAsync(
        PlatformTransaction transaction, string reason, bool forget, CancellationToken cancellationToken)
    {
        var org = transaction.OrgId.Value;
        await RunAsync("update provisioning_steps set status = 'undone' where org_id = $1");
        var moved = await lifecycle.MoveAsync(
            transaction, new TenantMove(TenantTrigger.ProvisioningFailed) { Reason = reason }, cancellationToken);
        if (moved.Error is { } refusal) return refusal;

        await RenameAsync(transaction, Slug.Gone + RandomNumberGenerator.GetHexString(32, lowercase: true), cancellationToken);
        await RunAsync("update sign_ups set activation_hash = null where org_id = $1");
        await RunAsync(
            """
            update outbox set done_at = now(), payload = '{}', claimed_until = null
            where org_id = $1 and kind = 'mail' and done_at is null
            """);
        await EraseAsync(transaction, cancellationToken);
        if (forget) await ForgetAsync(transaction, cancellationToken);
        return null;

        async Task RunAsync(string sql)
        {
            await using var command = transaction.Command(sql).With(org);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>From the beginning, under the name that was wanted.</summary>
    /// <returns>Null, or invalid_transition, sign_up_forgotten, slug_taken.</returns>
    public async Task<Error?> RetryAsync(
        PlatformTransaction transaction, string reason, CancellationToken cancellationToken)
    {
        await using var plan = transaction.Command(
            """
            update provisioning_steps set status = 'pending', attempts = 0, reason = null, done_at = null
            where org_id = $1
            """).With(transaction.OrgId.Value);
        await plan.ExecuteNonQueryAsync(cancellationToken);
        var moved = await lifecycle.MoveAsync(
            transaction, new TenantMove(TenantTrigger.Retry) { Reason = reason }, cancellationToken);
        if (moved.Error is { } refusal) return refusal;

        await using var renew = transaction.Command(
            """
            update sign_ups set expires_at = $2
            where org_id = $1 and admin_email is not null and activated_at is null returning slug
            """).With(transaction.OrgId.Value).With((clock.Now() + times.ActivationLifetime).UtcDateTime);
        if (await renew.ExecuteScalarAsync(cancellationToken) is not string slug) return SignUpErrors.Forgotten;
        if (!await SignUps.ReserveAsync(transaction, slug, cancellationToken)) return SignUpErrors.SlugTaken;

        await RenameAsync(transaction, slug, cancellationToken, isReserved: true);
        await SignUps.CountAsync(transaction, cancellationToken);
        await transaction.QueueAsync(Provisioner.MessageKind, new ProvisionTenant(), cancellationToken);
        return null;
    }

    /// <summary>Who asked, and what they called it: nothing of that is needed any more.</summary>
    public async Task ForgetAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var forget = transaction.Command(
            """
            update sign_ups s set admin_name = null, admin_email = null, password_hash = null, activation_hash = null,
              slug = o.slug -- of the name that was wanted nothing is left, either
            from organizations o where s.org_id = $1 and o.id = $1
            """).With(transaction.OrgId.Value);
        await forget.ExecuteNonQueryAsync(cancellationToken);
        await using var rename = transaction.Command("update organizations set name = '' where id = $1")
            .With(transaction.OrgId.Value);
        await rename.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The tenant's row points at a name of its own, always: the new one first, then the old one goes.</summary>
    private static async Task RenameAsync(
        PlatformTransaction transaction, string slug, CancellationToken cancellationToken, bool isReserved = false)
    {
        if (!isReserved && !await SignUps.ReserveAsync(transaction, slug, cancellationToken))
            throw new InvalidOperationException("A name of 128 random bits is taken.");

        await using var rename = transaction.Command("update organizations set slug = $2 where id = $1")
            .With(transaction.OrgId.Value).With(slug);
        await rename.ExecuteNonQueryAsync(cancellationToken);
        await using var release = transaction.Command("select release_names($1, $2)")
            .With(transaction.OrgId.Value).With(slug);
        await release.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task EraseAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var begin = transaction.Command(
            """
            insert into purges (tenant_id, kind, started_at, settles_at) values ($1, 'compensation', $2, $2)
            on conflict (tenant_id) do update
            set started_at = excluded.started_at, settles_at = excluded.settles_at, finished_at = null
            """).With(transaction.OrgId.Value).With(now);
        await begin.ExecuteNonQueryAsync(cancellationToken);
        foreach (var table in erasure.TablesOfSignUps)
        {
            await using var erase = transaction.Command("select rows from purge_tenant_rows($1, $2, $3, null)")
                .With(transaction.OrgId.Value).With(table).With(int.MaxValue);
            await erase.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var end = transaction.Command("update purges set finished_at = $2 where tenant_id = $1")
            .With(transaction.OrgId.Value).With(now);
        await end.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Who asked for a tenant.</summary>
/// <param name="Slug">The name that was wanted.</param>
/// <param name="Locale">Of the tenant, BCP 47.</param>
internal sealed record Applicant(string Slug, string Name, string Email, string Locale);
