using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Outbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.Infrastructure.Provisioning;

/// <summary>What the outbox is told when somebody has signed up: the rest stands in the tenant's rows.</summary>
internal sealed record ProvisionTenant;

/// <summary>
/// Does the pending steps of a new tenant, one after the other, each in the transaction that marks it done; whoever comes
/// after a crash goes on with the next. What fails too often is undone (ADR 0043).
/// </summary>
internal sealed partial class Provisioner(
    IServiceScopeFactory scopes, IFailPoints failPoints, ILogger<Provisioner> log) : IOutboxHandler
{
    public const string MessageKind = "provision";

    /// <summary>With the outbox's delays about three minutes, from the first failure to the last.</summary>
    public const int MaxAttempts = 6;

    public string Kind => MessageKind;

    public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        foreach (var task in Enum.GetValues<ProvisioningTask>())
        {
            try
            {
                failPoints.Pass($"provision.{task}.before");
                await InScopeAsync(
                    steps => steps.TakeAsync(message.Tenant.Id, task, cancellationToken));
                failPoints.Pass($"provision.{task}.after");
            }
            catch (Exception failure)
            {
                if (await InScopeAsync(steps => steps.GiveUpAsync(
                    message.Tenant.Id, task, message.Attempt, MaxAttempts, CancellationToken.None)))
                {
                    GivenUp(failure, message.Tenant.Id, task);
                    return;
                }

                throw new DeliveryException(
                    $"The step {task} failed: {failure.GetType().Name}.", DeliveryFault.Passing, failure);
            }
        }
    }

    /// <summary>Each step has its own context and connection, as a request of the platform.</summary>
    private async Task<T> InScopeAsync<T>(Func<ProvisioningSteps, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        return await work(scope.ServiceProvider.GetRequiredService<ProvisioningSteps>());
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The tenant {OrgId} could not be set up, and is undone: {Step} failed")]
    private partial void GivenUp(Exception failure, TenantId orgId, ProvisioningTask step);
}
