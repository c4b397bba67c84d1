using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>What a deployment runs once before the API: roles, if it is given a superuser, then the schema.</summary>
public static class MigrateCommand
{
    /// <exception cref="InvalidOperationException">A setting is missing.</exception>
    public static async Task<int> RunAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("Bootstrap") is { } superuser)
            await DatabaseSetup.CreateRolesAsync(
                superuser,
                new RolePasswords(
                    Required(configuration, "Roles:MigratorPassword"),
                    Required(configuration, "Roles:AppPassword"),
                    Required(configuration, "Roles:PlatformPassword")),
                cancellationToken);
        await DatabaseSetup.MigrateAsync(Required(configuration, "ConnectionStrings:Owner"), cancellationToken);
        return 0;
    }

    private static string Required(IConfiguration configuration, string name) =>
        configuration[name] ?? throw new InvalidOperationException(
            $"{name.Replace(":", "__", StringComparison.Ordinal)} is not set.");
}
