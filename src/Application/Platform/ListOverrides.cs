using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Lists what a tenant has more, or less, than its plan; what has expired too, until it is removed.</summary>
public sealed record ListOverrides(TenantId Id) : IPlatformQuery<OverrideList>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>The overrides of one tenant.</summary>
public sealed record OverrideList([property: Required] IReadOnlyList<OverrideDetails> Data);

internal sealed class ListOverridesHandler(IPlanOverrides overrides)
    : IRequestHandler<ListOverrides, Result<OverrideList>>
{
    public async Task<Result<OverrideList>> Handle(ListOverrides query, CancellationToken cancellationToken) =>
        await overrides.ListAsync(query.Id, cancellationToken) is { } found
            ? new OverrideList([.. found.OrderBy(one => one.Entitlement).Select(OverrideDetails.Of)])
            : Error.NotFound;
}
