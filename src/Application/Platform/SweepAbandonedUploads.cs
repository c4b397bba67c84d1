using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Clears up after uploads whose process died.</summary>
public sealed record SweepAbandonedUploads : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "uploads.abandoned",
    };
}

internal sealed class SweepAbandonedUploadsHandler(IUploadKeeping uploads)
    : IRequestHandler<SweepAbandonedUploads, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(SweepAbandonedUploads command, CancellationToken cancellationToken) =>
        new Swept(await uploads.SweepAsync(cancellationToken));
}
