using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Tells owners of what is to come: the end of a trial, a deletion.</summary>
public sealed record AnnounceDeadlines : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "deadlines.announced",
    };
}

internal sealed class AnnounceDeadlinesHandler(ITenantExpiry tenants) : IRequestHandler<AnnounceDeadlines, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(AnnounceDeadlines command, CancellationToken cancellationToken) =>
        new Swept(await tenants.AnnounceAsync(cancellationToken));
}
