using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>A deleted tenant's subscription is to be cancelled with who collects for it.</summary>
/// <param name="Version">Of the tenant's row, with which it was deleted.</param>
internal sealed record SubscriptionEnd(long Version)
{
    public const string Kind = "subscription.cancel";
}

/// <summary>
/// Nobody collects for us yet: a tenant that was never charged has nothing to cancel, and its log says so. One that was
/// paid for has, and nobody here can: the message is tried until operators find it among the dead.
/// </summary>
internal sealed class SubscriptionEndHandler(IServiceScopeFactory scopes) : IOutboxHandler
{
    public string Kind => SubscriptionEnd.Kind;

    public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        await using var transaction = await scope.ServiceProvider.GetRequiredService<PlatformTenancy>()
            .BeginAsync(message.Tenant.Id, cancellationToken);
        if (await TenantLifecycles.FindAsync(transaction, cancellationToken) is not { } tenant) return;
        if (tenant.Standing.PeriodEndsAt is not null)
            throw new DeliveryException("No payment provider is connected.", DeliveryFault.Passing);

        await transaction.RecordAsync(
            "cancellation.skipped", message.Tenant.Id.Value, new { Reason = "nothing_to_cancel" }, cancellationToken);
        await transaction.CommitAsync();
    }
}
