using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Frees the names of tenants that have been gone for long enough.</summary>
public sealed record ReleaseNames : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "names.released",
    };
}

internal sealed class ReleaseNamesHandler(IErasure erasure) : IRequestHandler<ReleaseNames, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ReleaseNames command, CancellationToken cancellationToken) =>
        new Swept(await erasure.ReleaseNamesAsync(cancellationToken));
}
