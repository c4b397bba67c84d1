namespace CleanTenancy.Domain.Tenants;

/// <summary>Where a tenant stands, with all that decides where it may go from there.</summary>
public sealed record TenantStanding
{
    public required TenantState State { get; init; }

    /// <summary>While suspended; and while deleted, if that is what the tenant comes back to.</summary>
    public SuspensionReason? Reason { get; init; }

    /// <summary>When it came into its state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <inheritdoc cref="Organization.TrialEndsAt"/>
    public DateTimeOffset? TrialEndsAt { get; init; }

    /// <inheritdoc cref="Organization.PeriodEndsAt"/>
    public DateTimeOffset? PeriodEndsAt { get; init; }

    /// <inheritdoc cref="Organization.CancelsAtPeriodEnd"/>
    public bool CancelsAtPeriodEnd { get; init; }

    /// <inheritdoc cref="Organization.GraceEndsAt"/>
    public DateTimeOffset? GraceEndsAt { get; init; }

    /// <inheritdoc cref="Organization.SuspendedFrom"/>
    public TenantState? SuspendedFrom { get; init; }

    /// <inheritdoc cref="Organization.DeletedFrom"/>
    public TenantState? DeletedFrom { get; init; }

    /// <inheritdoc cref="Organization.PurgeDueAt"/>
    public DateTimeOffset? PurgeDueAt { get; init; }

    /// <summary>Suspended without a reason is suspended for want of payment.</summary>
    public SuspensionReason Because => Reason ?? SuspensionReason.Billing;
}
