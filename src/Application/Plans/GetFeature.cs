using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Plans;

/// <summary>Explains whether the tenant has a feature, and if not, which plan has it.</summary>
/// <param name="Key">The feature's name, e.g. customDomain.</param>
public sealed record GetFeature(string Key) : IQuery<FeatureDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetFeatureHandler(ICaller caller) : IRequestHandler<GetFeature, Result<FeatureDetails>>
{
    public Task<Result<FeatureDetails>> Handle(GetFeature query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<FeatureDetails>>(
            Wire.TryParse<Feature>(query.Key, out var feature) && feature is not Feature.None
                ? FeatureDetails.Of(feature, caller.RequiredTenant())
                : Error.NotFound);
}
