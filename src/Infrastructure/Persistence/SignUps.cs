using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.SignUps;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Provisioning;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="ISignUps"/>
internal sealed class SignUps(
    PlatformTenancy tenancy, [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform,
    TenantLifecycles lifecycle, ProvisioningRows rows, SignUpTimes times, TimeProvider clock) : ISignUps
{
    private static readonly TimeSpan KeyKept = TimeSpan.FromHours(24);

    // Rows of values: on Citus a select from an array would go through the coordinator.
    private static readonly string Plan = string.Join(
        ", ", Enum.GetValues<ProvisioningTask>().Select(task => $"($1, '{Wire.Text(task)}', 'pending', 0)"));

    private static readonly string Counters = string.Join(
        ", ",
        Enum.GetValues<Quota>().Where(quota => quota is not Quota.None).Select(quota => $"($1, '{Wire.Text(quota)}')"));

    public async Task<IReadOnlySet<string>> TakenAsync(IReadOnlyList<string> slugs, CancellationToken cancellationToken)
    {
        await using var taken = platform.CreateCommand(
            "select slug from unnest($1::text[]) as wanted (slug) where slug_is_taken(slug)");
        taken.With(slugs.ToArray());
        await using var reader = await taken.ExecuteReaderAsync(cancellationToken);
        var found = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken)) found.Add(reader.GetString(0));
        return found;
    }

    public async Task<Result<StartedSignUp>?> FindAsync(SignUpKey key, CancellationToken cancellationToken)
    {
        await using var find = platform.CreateCommand(
            "select request_hash, tenant_id, operation_id from sign_up_keys where key_hash = $1 and created_at > $2");
        find.With(key.Hash).With(Expired());
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        if (!reader.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(key.RequestHash)) return IdempotencyErrors.KeyReused;

        return Result<StartedSignUp>.Succeeded(new(new(reader.GetGuid(1)), reader.GetGuid(2))) with { Replayed = true };
    }

    public async Task<Result<StartedSignUp>> StartAsync(
        SignUpKey key, WantedTenant wanted, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var started = new StartedSignUp(TenantId.New(now), MessageId.New(now).Value);
        await using (var transaction = await tenancy.BeginAsync(started.TenantId, cancellationToken))
        {
            // Whoever has the same key waits here until this one is through, and then finds its answer.
            if (await RememberAsync(transaction, key, started, now, cancellationToken))
            {
                if (!await ReserveAsync(transaction, wanted.Slug, cancellationToken)) return SignUpErrors.SlugTaken;

                await FoundAsync(transaction, wanted, now, cancellationToken);
                await transaction.QueueAsync(
                    Provisioner.MessageKind, new ProvisionTenant(), cancellationToken, started.OperationId);
                await transaction.RecordAsync(
                    StartSignUp.Policy.Audit, started.TenantId.Value, new { wanted.Slug, Plan = wanted.Tier },
                    cancellationToken);
                await transaction.CommitAsync();
                return started;
            }
        }

        return await FindAsync(key, cancellationToken)
            ?? throw new InvalidOperationException("The key is taken, and nobody has it.");
    }

    public async Task<SignUpProgress?> ProgressAsync(TenantId org, CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        if (await StateAsync(transaction, cancellationToken) is not { } state) return null;

        await using var select = transaction.Command(
            "select task, status, reason from provisioning_steps where org_id = $1").With(org.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var steps = new List<(ProvisioningTask Task, ProvisioningStepStatus Status, string? Reason)>();
        while (await reader.ReadAsync(cancellationToken))
            steps.Add((
                Wire.Parse<ProvisioningTask>(reader.GetString(0)),
                Wire.Parse<ProvisioningStepStatus>(reader.GetString(1)),
                reader.IsDBNull(2) ? null : reader.GetString(2)));
        return new SignUpProgress(state, [.. steps.OrderBy(step => step.Task)]);
    }

    public async Task<Result<ActivatedTenant>> ActivateAsync(
        ActivationToken token, CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(token.OrgId, cancellationToken);
        if (await FindAsync(transaction, token, cancellationToken) is not var (slug, isPending))
            return SignUpErrors.InvalidToken;
        if (isPending) return TenantErrors.NotAllowed(TenantState.Provisioning, reason: null, since: default);

        // The tenant's row first, as who undoes it: of the two, and of two who activate, one comes too late.
        var moved = await lifecycle.MoveAsync(transaction, new(TenantTrigger.Activation), cancellationToken);
        if (moved.Error is not null) return SignUpErrors.InvalidToken;

        await using var used = transaction.Command(
            """
            update sign_ups set activated_at = $2, admin_name = null, admin_email = null, password_hash = null,
              activation_hash = null
            where org_id = $1
            """).With(token.OrgId.Value).With(clock.GetUtcNow().UtcDateTime);
        await used.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync();
        var (state, trialEndsAt) = (moved.Value.State, moved.Value.TrialEndsAt);
        return new ActivatedTenant(token.OrgId, slug, state, state is TenantState.Trial ? trialEndsAt : null);
    }

    public async Task<Error?> RetryAsync(TenantId org, string reason, CancellationToken cancellationToken)
    {
        await using var transaction = await tenancy.BeginAsync(org, cancellationToken);
        if (!await transaction.ExistsAsync(cancellationToken)) return Error.NotFound;
        if (await rows.RetryAsync(transaction, reason, cancellationToken) is { } refusal) return refusal;

        await transaction.CommitAsync();
        return null;
    }

    /// <returns>Null for a token that is none, or is good no more; else the name, and whether a step is to be done.</returns>
    private async Task<(string Slug, bool IsPending)?> FindAsync(
        PlatformTransaction transaction, ActivationToken token, CancellationToken cancellationToken)
    {
        await using var find = transaction.Command(
            """
            select o.slug, exists (select from provisioning_steps p where p.org_id = $1 and p.status = 'pending')
            from sign_ups s join organizations o on o.id = s.org_id
            where s.org_id = $1 and s.activation_hash = $2 and s.expires_at > $3 and o.state = 'provisioning'
            """).With(token.OrgId.Value).With(token.Hash).With(clock.GetUtcNow().UtcDateTime);
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetString(0), reader.GetBoolean(1)) : null;
    }

    /// <summary>
    /// What has become of it since is the tenant's affair: an activated one is shown as it was activated, until the link
    /// would have expired. One that failed is shown for as long as it can be tried again.
    /// </summary>
    private async Task<TenantState?> StateAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var select = transaction.Command(
            """
            select case when s.activated_at is null then o.state when s.tier = 'free' then 'active' else 'trial' end
            from sign_ups s join organizations o on o.id = s.org_id
            where s.org_id = $1 and o.state <> 'purged'
              and case when s.activated_at is null then s.admin_email is not null else s.expires_at > $2 end
            """).With(transaction.OrgId.Value).With(clock.GetUtcNow().UtcDateTime);
        return await select.ExecuteScalarAsync(cancellationToken) is string state ? Wire.Parse<TenantState>(state) : null;
    }

    private async Task<bool> RememberAsync(
        PlatformTransaction transaction, SignUpKey key, StartedSignUp started, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var forget = transaction.Command("delete from sign_up_keys where key_hash = $1 and created_at <= $2")
            .With(key.Hash).With(Expired());
        await forget.ExecuteNonQueryAsync(cancellationToken);
        await using var remember = transaction.Command(
            """
            insert into sign_up_keys (key_hash, request_hash, tenant_id, operation_id, created_at)
            values ($1, $2, $3, $4, $5) on conflict do nothing
            """).With(key.Hash).With(key.RequestHash).With(started.TenantId.Value).With(started.OperationId)
            .With(now.UtcDateTime);
        return await remember.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    internal static async Task<bool> ReserveAsync(
        PlatformTransaction transaction, string slug, CancellationToken cancellationToken)
    {
        await using var reserve = transaction.Command("select reserve_slug($1, $2)")
            .With(slug).With(transaction.OrgId.Value);
        return (bool)(await reserve.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task FoundAsync(
        PlatformTransaction transaction, WantedTenant wanted, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var found = transaction.Command(
            """
            insert into organizations
              (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
            values ($1, $2, $3, $4, 'provisioning', $5, $6, $7, $8, 1, $5, $5)
            """).With(transaction.OrgId.Value).With(wanted.Slug).With(wanted.Name).With(Wire.Text(wanted.Tier))
            .With(now.UtcDateTime).With(wanted.Locale).With(wanted.TimeZone).With(wanted.Currency);
        await found.ExecuteNonQueryAsync(cancellationToken);
        await CountAsync(transaction, cancellationToken);

        await using var ask = transaction.Command(
            """
            insert into sign_ups (org_id, slug, tier, admin_name, admin_email, password_hash, expires_at, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """).With(transaction.OrgId.Value).With(wanted.Slug).With(Wire.Text(wanted.Tier)).With(wanted.AdminName)
            .With(wanted.AdminEmail).With(wanted.PasswordHash).With((now + times.ActivationLifetime).UtcDateTime)
            .With(now.UtcDateTime);
        await ask.ExecuteNonQueryAsync(cancellationToken);

        await using var plan = transaction.Command(
            $"insert into provisioning_steps (org_id, task, status, attempts) values {Plan}")
            .With(transaction.OrgId.Value);
        await plan.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Everything that a plan counts, from nothing.</summary>
    internal static async Task CountAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var count = transaction.Command($"insert into usage_counters (org_id, resource) values {Counters}")
            .With(transaction.OrgId.Value);
        await count.ExecuteNonQueryAsync(cancellationToken);
    }

    private DateTime Expired() => (clock.GetUtcNow() - KeyKept).UtcDateTime;
}
