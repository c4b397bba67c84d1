using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Plans;

/// <summary>How much of a quota a tenant uses: changed by conditional UPDATEs only, never by this class.</summary>
public sealed class UsageCounter : ITenantOwned
{
    /// <summary>Per cent of a limit at whose crossing the owners get a mail, the highest first.</summary>
    public static readonly IReadOnlyList<int> NoticedAt = [100, 80];

    private UsageCounter()
    {
    }

    public TenantId OrgId { get; private init; }

    public Quota Resource { get; private init; }

    public long Used { get; private init; }

    /// <summary>
    /// The highest per cent that is reached now and was not before. Told from the two numbers alone, so that each
    /// crossing is seen once: the counter's row is locked from the one to the other.
    /// </summary>
    /// <returns>Null when none was crossed.</returns>
    public static int? Crossed(long before, long used, long? limit)
    {
        if (limit is not > 0) return null;

        foreach (var percent in NoticedAt)
            if ((Int128)before * 100 < (Int128)limit * percent && (Int128)used * 100 >= (Int128)limit * percent)
                return percent;
        return null;
    }
}
