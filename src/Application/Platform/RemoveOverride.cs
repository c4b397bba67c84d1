using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Takes an override away: the plan counts again from the tenant's next request.</summary>
/// <param name="Id">The tenant.</param>
/// <param name="Key">The limit or the feature, as the plan names it.</param>
public sealed record RemoveOverride(TenantId Id, string Key) : IPlatformCommand<Nothing>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "override.removed",
    };
}

internal sealed class RemoveOverrideHandler(IPlanOverrides overrides)
    : IRequestHandler<RemoveOverride, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RemoveOverride command, CancellationToken cancellationToken)
    {
        if (!Wire.TryParse<Entitlement>(command.Key, out var key)) return Error.NotFound;

        return await overrides.RemoveAsync(command.Id, key, cancellationToken) is { } refusal
            ? refusal
            : Nothing.Value;
    }
}
