using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Domain.Tenants;

/// <summary>
/// What somebody asked for who wants to be a tenant, kept for as long as provisioning needs it: who they are is erased
/// when they are a member, or when it came to nothing.
/// </summary>
public sealed class SignUp : ITenantOwned
{
    private SignUp()
    {
    }

    public TenantId OrgId { get; private init; }

    /// <summary>The name that was wanted; the tenant's own row says which it has.</summary>
    public string Slug { get; private init; } = "";

    public Tier Tier { get; private init; }

    /// <summary>Null once erased.</summary>
    public string? AdminName { get; private set; }

    /// <inheritdoc cref="AdminName"/>
    public string? AdminEmail { get; private set; }

    /// <summary>A PHC string: the password itself was never stored. Null once erased.</summary>
    public string? PasswordHash { get; private set; }

    /// <summary>SHA-256 of the token in the mail; null before it was sent, and after it was used.</summary>
    public byte[]? ActivationHash { get; private set; }

    /// <summary>Until when the token is good; after that the sign-up is undone.</summary>
    public DateTimeOffset ExpiresAt { get; private init; }

    public DateTimeOffset? ActivatedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }
}

/// <summary>What provisioning consists of, in this order.</summary>
public enum ProvisioningTask
{
    /// <summary>The five roles and the first super_admin.</summary>
    Owner,

    /// <summary>Categories, an event template, mail templates in the tenant's language.</summary>
    Content,

    /// <summary>Where the tenant's money goes.</summary>
    PaymentAccount,

    /// <summary>The host answers.</summary>
    Route,

    /// <summary>Welcome, and the link that activates.</summary>
    Welcome,

    /// <summary>The deed in the tenant's log.</summary>
    Audit,
}

public enum ProvisioningStepStatus
{
    Pending,
    Done,

    /// <summary>Not needed, or not possible yet; the reason says why.</summary>
    Skipped,

    /// <summary>Taken back after the sign-up failed.</summary>
    Undone,
}

/// <summary>One persisted step of provisioning: done in the transaction that marks it so.</summary>
public sealed class ProvisioningStep : ITenantOwned
{
    public const int ReasonMaxLength = 200;

    private ProvisioningStep()
    {
    }

    public TenantId OrgId { get; private init; }

    public ProvisioningTask Task { get; private init; }

    public ProvisioningStepStatus Status { get; private set; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; private set; }

    /// <summary>Why it was skipped, or why the last attempt failed: never a word of an exception.</summary>
    public string? Reason { get; private set; }

    public DateTimeOffset? DoneAt { get; private set; }
}
