using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Platform;

/// <summary>
/// What somebody runs who has restored a backup, before anything is served from it: a tenant that was purged since must
/// not come back to life.
/// </summary>
internal static class ReplayPurgesCommand
{
    /// <param name="services">The API's own.</param>
    /// <param name="file">An id of a purged tenant in each line; what stands behind it is not read.</param>
    /// <param name="output">For whoever runs it.</param>
    /// <param name="cancellationToken">Stops between two tenants.</param>
    public static async Task<int> RunAsync(
        IServiceProvider services, string file, TextWriter output, CancellationToken cancellationToken)
    {
        var purged = new List<TenantId>();
        foreach (var line in await File.ReadAllLinesAsync(file, cancellationToken))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (!Guid.TryParse(line.Split([' ', '\t', '|'], StringSplitOptions.RemoveEmptyEntries)[0], out var id))
            {
                await output.WriteLineAsync("Nothing was done: a line begins with something else than a tenant's id.");
                return 2;
            }

            purged.Add(new(id));
        }

        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        var begun = await scope.ServiceProvider.GetRequiredService<ISender>()
            .Send(new ReplayPurges(purged), cancellationToken);
        await output.WriteLineAsync(
            $"{begun.Value.Count} of {purged.Count} purges begin again; the others are not there, or purged.");
        return 0;
    }
}
