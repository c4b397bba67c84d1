using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Shows a tenant with what it uses and what waits.</summary>
public sealed record GetTenantDetails(TenantId Id) : IPlatformQuery<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetTenantDetailsHandler(TenantView view) : IRequestHandler<GetTenantDetails, Result<TenantDetails>>
{
    public Task<Result<TenantDetails>> Handle(GetTenantDetails query, CancellationToken cancellationToken) =>
        view.ShowAsync(query.Id, cancellationToken);
}
