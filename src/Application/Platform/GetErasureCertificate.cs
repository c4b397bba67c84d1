using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>What was erased of a tenant that is gone, counted and hashed; not found before all of it is.</summary>
/// <param name="Id">The tenant.</param>
public sealed record GetErasureCertificate(TenantId Id) : IPlatformQuery<ErasureCertificate>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetErasureCertificateHandler(IErasure erasure)
    : IRequestHandler<GetErasureCertificate, Result<ErasureCertificate>>
{
    public async Task<Result<ErasureCertificate>> Handle(
        GetErasureCertificate query, CancellationToken cancellationToken) =>
        await erasure.FindCertificateAsync(query.Id, cancellationToken) is { } certificate
            ? certificate
            : Error.NotFound;
}
