using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Lifecycle;

/// <summary>Moves tenants as a timer of ours does, underneath HTTP.</summary>
internal static class LifecycleSteps
{
    public static async Task<Error?> MoveAsync(this TestApi api, TenantId org, TenantMove move)
    {
        await using var scope = api.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        return await scope.ServiceProvider.GetRequiredService<ITenantLifecycle>()
            .MoveAsync(org, move, CancellationToken.None);
    }

    public static Task<Error?> MoveAsync(this TestTenant tenant, TenantMove move) => tenant.Api.MoveAsync(tenant.Id, move);

    /// <summary>State, kind of suspension, version; from underneath the fence.</summary>
    public static Task<string> StandsAsync(this TestTenant tenant) => tenant.Api.QueryAsync<string>(
        "select concat_ws(' ', state, suspension_reason, version) from organizations where id = $1", tenant.Id.Value);
}
