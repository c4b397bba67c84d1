using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <summary>A deleted tenant's subscription is to be cancelled with who collects for it.</summary>
internal sealed record SubscriptionEnd
{
    public const string Kind = "subscription.cancel";
}

/// <summary>
/// A tenant that was restored meanwhile keeps what it has. Nobody collects for us yet: a tenant that was never charged has
/// nothing to cancel, and its log says so. One that was paid for has, and nobody here can: the message is tried until
/// operators find it among the dead.
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

        var isRestored = tenant.Standing.State is not TenantState.Deleted;
        if (!isRestored && tenant.Standing.PeriodEndsAt is not null)
            throw new DeliveryException("No payment provider is connected.", DeliveryFault.Passing);

        var reason = isRestored ? "restored" : "nothing_to_cancel";
        await transaction.RecordAsync(
            "cancellation.skipped", message.Tenant.Id.Value, new { Reason = reason }, cancellationToken);
        await transaction.CommitAsync();
    }
}
