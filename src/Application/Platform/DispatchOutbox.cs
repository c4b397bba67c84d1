using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Does what the tenants' outboxes hold.</summary>
public sealed record DispatchOutbox : ISweep<Swept>
{
    /// <summary>One tenant's only; null for all.</summary>
    public TenantId? OrgId { get; init; }

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "outbox.dispatched",
    };
}

internal sealed class DispatchOutboxHandler(IOutboxDispatcher outbox) : IRequestHandler<DispatchOutbox, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(DispatchOutbox command, CancellationToken cancellationToken) =>
        new Swept(await outbox.DispatchAsync(command.OrgId, cancellationToken));
}
