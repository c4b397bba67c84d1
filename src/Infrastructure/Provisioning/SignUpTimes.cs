using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Provisioning;

/// <param name="ActivationLifetime">A link that nobody follows for so long is dead, and the sign-up is undone.</param>
internal sealed record SignUpTimes(TimeSpan ActivationLifetime)
{
    /// <exception cref="InvalidOperationException">SignUp__ActivationDays is below one.</exception>
    public static SignUpTimes Read(IConfiguration configuration)
    {
        var days = configuration.GetValue("SignUp:ActivationDays", 7);
        return days >= 1
            ? new(TimeSpan.FromDays(days))
            : throw new InvalidOperationException("SignUp__ActivationDays is at least 1.");
    }
}
