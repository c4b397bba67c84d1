using CleanTenancy.Domain.Tenants;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>Lifecycle__TrialDays and the rest.</summary>
internal static class LifecycleSettings
{
    /// <exception cref="InvalidOperationException">A stretch is no number of days between 1 and 3650.</exception>
    public static LifecycleTimes Read(IConfiguration configuration)
    {
        var standard = LifecycleTimes.Default;
        return new(
            Days("TrialDays", standard.Trial), Days("GraceDays", standard.Grace),
            Days("RetentionDays", standard.Retention));

        TimeSpan Days(string name, TimeSpan unset)
        {
            var days = configuration.GetValue($"Lifecycle:{name}", (int)unset.TotalDays);
            return days is >= 1 and <= 3650
                ? TimeSpan.FromDays(days)
                : throw new InvalidOperationException($"Lifecycle__{name} is not between 1 and 3650.");
        }
    }
}
