using System.Globalization;
using System.Text.Json;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Tenants;

public static class TenantErrors
{
    /// <summary>A trial that is over is not gone back to: an operator extends it, or the owner pays.</summary>
    public static Error TrialOver(DateTimeOffset? endedAt) => Error.Conflict("trial_over").With("since", endedAt);

    /// <summary>A trial is extended, never shortened.</summary>
    public static Error TrialEndNotLater(DateTimeOffset? endsAt) =>
        Error.Conflict("trial_end_not_later").With("trialEndsAt", endsAt);

    /// <summary>Places at events to come are taken: say what shall become of them.</summary>
    public static Error DispositionRequired(int events) =>
        Error.Conflict("disposition_required").With("events", events);

    /// <summary>The lifecycle has no such arrow, or not yet.</summary>
    public static Error InvalidTransition(TenantState from, TenantTrigger trigger) =>
        Error.InvalidTransition(Word(from), Word(trigger));

    /// <summary>operator_suspend, as everywhere on the wire.</summary>
    internal static string Word<TEnum>(TEnum value)
        where TEnum : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>What a tenant's state says to a request that it does not allow.</summary>
    public static Error NotAllowed(TenantState state, SuspensionReason? reason, DateTimeOffset since) => state switch
    {
        TenantState.Provisioning or TenantState.ProvisioningFailed =>
            new Error(ErrorKind.Unavailable, "tenant_provisioning") { RetryAfter = TimeSpan.FromSeconds(5) },
        TenantState.Deleted or TenantState.Purged =>
            new Error(ErrorKind.Forbidden, "tenant_deleted").With("since", since).With("reason", "deleted"),
        // All that these do not allow is to be taken back where nothing was deleted.
        TenantState.Trial or TenantState.Active => InvalidTransition(state, TenantTrigger.Restore),
        TenantState.Suspended => new Error(ErrorKind.Forbidden, "tenant_suspended").With("since", since)
                .With("reason", (reason ?? SuspensionReason.Billing).ToString().ToLower(CultureInfo.InvariantCulture)),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without a refusal."),
    };
}
