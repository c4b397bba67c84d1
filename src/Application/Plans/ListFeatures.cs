using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Plans;

/// <summary>Lists all features: those of the tenant, and for the others the plan that has them.</summary>
public sealed record ListFeatures : IQuery<FeatureList>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>All features that a plan may have.</summary>
public sealed record FeatureList([property: Required] IReadOnlyList<FeatureDetails> Data);

internal sealed class ListFeaturesHandler(ICaller caller) : IRequestHandler<ListFeatures, Result<FeatureList>>
{
    public Task<Result<FeatureList>> Handle(ListFeatures query, CancellationToken cancellationToken)
    {
        var tenant = caller.RequiredTenant();
        return Task.FromResult<Result<FeatureList>>(new FeatureList(
            [.. Enum.GetValues<Feature>().Where(feature => feature is not Feature.None)
                .Select(feature => FeatureDetails.Of(feature, tenant))]));
    }
}
