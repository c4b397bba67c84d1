using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>How the limits are counted; how many there are is the plan's and the edge's affair.</summary>
/// <param name="Instances">How many share the limits, where nothing counts them.</param>
/// <param name="Redis">Null: each instance counts for itself.</param>
internal sealed record RateLimitSettings(int Instances, string? Redis)
{
    /// <exception cref="InvalidOperationException">Fewer than one instance.</exception>
    public static RateLimitSettings Read(IConfiguration configuration)
    {
        var instances = configuration.GetValue("RateLimits:Instances", 1);
        if (instances < 1) throw new InvalidOperationException("RateLimits__Instances is at least 1.");

        return new(instances, configuration["Redis:Connection"] is { Length: > 0 } redis ? redis : null);
    }
}
