using System.Globalization;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Tenants;

public static class TenantErrors
{
    /// <summary>What a tenant's state says to a request that it does not allow.</summary>
    public static Error NotAllowed(TenantState state, SuspensionReason? reason, DateTimeOffset since) => state switch
    {
        TenantState.Provisioning or TenantState.ProvisioningFailed =>
            new Error(ErrorKind.Unavailable, "tenant_provisioning") { RetryAfter = TimeSpan.FromSeconds(5) },
        TenantState.Deleted or TenantState.Purged =>
            new Error(ErrorKind.Forbidden, "tenant_deleted").With("since", since).With("reason", "deleted"),
        TenantState.Suspended or TenantState.Trial or TenantState.Active =>
            new Error(ErrorKind.Forbidden, "tenant_suspended").With("since", since)
                .With("reason", (reason ?? SuspensionReason.Billing).ToString().ToLower(CultureInfo.InvariantCulture)),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without a refusal."),
    };
}
