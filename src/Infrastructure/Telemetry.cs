using System.Diagnostics.Metrics;

namespace CleanTenancy.Infrastructure;

/// <summary>The one meter; instruments are named cleantenancy.*.</summary>
internal static class Telemetry
{
    public static readonly Meter Meter = new("CleanTenancy");
}
