namespace CleanTenancy.Domain.Tenants;

/// <summary>How long the stretches of a tenant's life last.</summary>
/// <param name="Trial">From the activation on.</param>
/// <param name="Grace">From a suspension for want of payment to the deletion.</param>
/// <param name="Retention">From the deletion to the purge.</param>
public sealed record LifecycleTimes(TimeSpan Trial, TimeSpan Grace, TimeSpan Retention)
{
    public static readonly LifecycleTimes Default =
        new(TimeSpan.FromDays(14), TimeSpan.FromDays(14), TimeSpan.FromDays(30));

    /// <summary>So long before a trial ends, or a tenant is deleted, its owners get a mail.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(3);

    /// <summary>
    /// Contracts and payments are kept so long (Act on the Consumer Protection in Electronic Commerce, decree art. 6):
    /// by law, and so no setting.
    /// </summary>
    public const int LedgerYears = 5;
}
