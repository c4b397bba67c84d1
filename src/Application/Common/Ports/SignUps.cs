using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>From a visitor's wish to a tenant that is to be provisioned. As platform_role, bound to the new tenant.</summary>
public interface ISignUps
{
    /// <returns>Those of the names that somebody has, or had a while ago.</returns>
    Task<IReadOnlySet<string>> TakenAsync(IReadOnlyList<string> slugs, CancellationToken cancellationToken);

    /// <returns>What was answered to this key before; idempotency_key_reused for another request; null if it is new.</returns>
    Task<Result<StartedSignUp>?> FindAsync(SignUpKey key, CancellationToken cancellationToken);

    /// <summary>
    /// One transaction: the key, the name, the organization, its counters, the steps, the message that begins them.
    /// </summary>
    /// <returns>The tenant, or slug_taken, or what was answered to the same key meanwhile.</returns>
    Task<Result<StartedSignUp>> StartAsync(SignUpKey key, WantedTenant wanted, CancellationToken cancellationToken);

    /// <returns>Null for unknown, and for what is over long since: both alike.</returns>
    Task<SignUpProgress?> ProgressAsync(TenantId org, CancellationToken cancellationToken);

    /// <summary>The tenant begins its trial, or its free contract; who asked is erased, for they are a member now.</summary>
    /// <returns>The tenant, or invalid_token, or tenant_provisioning while something is still to be done.</returns>
    Task<Result<ActivatedTenant>> ActivateAsync(ActivationToken token, CancellationToken cancellationToken);

    /// <summary>Sets a tenant up from the beginning that was undone.</summary>
    /// <returns>Null, or not_found, invalid_transition, sign_up_forgotten, slug_taken.</returns>
    Task<Error?> RetryAsync(TenantId org, string reason, CancellationToken cancellationToken);
}

/// <summary>Undoes what nobody activated and what was given up; forgets who asked.</summary>
public interface ISignUpKeeping
{
    /// <returns>Sign-ups undone or forgotten.</returns>
    Task<long> SweepAsync(CancellationToken cancellationToken);
}

/// <param name="TrialEndsAt">Null on the free plan.</param>
public sealed record ActivatedTenant(TenantId Id, string Slug, TenantState State, DateTimeOffset? TrialEndsAt);

/// <summary>An Idempotency-Key before there is a tenant to keep it in: hashes only.</summary>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="RequestHash">SHA-256 of the request, without the password.</param>
public sealed record SignUpKey(byte[] Hash, byte[] RequestHash);

/// <param name="PasswordHash">A PHC string.</param>
/// <param name="Locale">BCP 47.</param>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record WantedTenant(
    string Slug, string Name, Tier Tier, string AdminName, string AdminEmail, string PasswordHash, string Locale,
    string TimeZone, string Currency);

/// <param name="OperationId">Of the message that provisions.</param>
public sealed record StartedSignUp(TenantId TenantId, Guid OperationId);

/// <param name="State">Of the tenant while it is provisioned; after that, the one that activation led to.</param>
/// <param name="Steps">In their order.</param>
public sealed record SignUpProgress(
    TenantState State, IReadOnlyList<(ProvisioningTask Task, ProvisioningStepStatus Status, string? Reason)> Steps);
