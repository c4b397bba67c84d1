namespace CleanTenancy.Domain.Tenants;

/// <summary>Where a tenant stands between sign-up and purge.</summary>
public enum TenantState
{
    Provisioning,
    ProvisioningFailed,
    Trial,
    Active,
    Suspended,
    Deleted,
    Purged,
}

/// <summary>Why a tenant is suspended: the two kinds leave it different capabilities.</summary>
public enum SuspensionReason
{
    Billing,
    Operator,
}

/// <summary>What a request wants of its tenant; the tenant's state says whether it may.</summary>
public enum Capability
{
    /// <summary>Members read.</summary>
    Read,

    /// <summary>Members create and change; new orders.</summary>
    Change,

    /// <summary>A person signs in, stays signed in, signs out, sees themselves.</summary>
    SignIn,

    /// <summary>Tickets already sold are shown, checked in and refunded.</summary>
    HonourTickets,

    /// <summary>The owner pays.</summary>
    Pay,

    /// <summary>The owner takes the data out.</summary>
    Export,

    /// <summary>The owner takes the deletion back.</summary>
    Restore,

    /// <summary>The owner deletes the tenant.</summary>
    Delete,

    /// <summary>Programs act with keys; webhooks go out.</summary>
    UseKeys,
}

/// <summary>The table "may, by state" of the contract, in one place.</summary>
public static class TenantLifecycle
{
    public static bool Allows(TenantState state, SuspensionReason? reason, Capability capability) => state switch
    {
        TenantState.Provisioning or TenantState.ProvisioningFailed or TenantState.Purged => false,
        TenantState.Trial or TenantState.Active => capability is not Capability.Restore,
        TenantState.Suspended when reason is SuspensionReason.Operator =>
            capability is Capability.SignIn or Capability.HonourTickets,
        TenantState.Suspended =>
            capability is not (Capability.Change or Capability.Restore or Capability.UseKeys),
        // Of tickets the handler looks further: until the event ends.
        TenantState.Deleted => capability
            is Capability.SignIn or Capability.Export or Capability.Restore or Capability.HonourTickets,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without capabilities."),
    };

    /// <summary>
    /// In these states only the owner may sign in, and who checks tickets: others have nothing left that they may do.
    /// </summary>
    public static bool OnlyOwnerSignsIn(TenantState state, SuspensionReason? reason) =>
        state is TenantState.Deleted || (state is TenantState.Suspended && reason is SuspensionReason.Operator);
}
