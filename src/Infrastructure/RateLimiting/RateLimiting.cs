using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.Infrastructure.RateLimiting;

internal static class RateLimiting
{
    /// <summary>In process, unless Redis is named.</summary>
    public static void AddRateLimiting(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = RateLimitSettings.Read(configuration);
        services.AddSingleton(settings);
        services.AddSingleton<LocalLimiter>();
        if (settings.Redis is null)
        {
            services.AddSingleton<IRequestLimiter>(provider => provider.GetRequiredService<LocalLimiter>());
            return;
        }

        services.AddSingleton<RedisGuard>();
        services.AddSingleton(provider =>
            ActivatorUtilities.CreateInstance<SharedLimiter>(provider, RateLimit.Window));
        services.AddSingleton<IRequestLimiter>(provider => provider.GetRequiredService<SharedLimiter>());
        services.AddHostedService(provider => provider.GetRequiredService<SharedLimiter>());
    }
}
