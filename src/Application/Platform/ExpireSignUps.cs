using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Undoes sign-ups that nobody activated or that were given up, and forgets who asked.</summary>
public sealed record ExpireSignUps : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "sign_up.expired",
    };
}

internal sealed class ExpireSignUpsHandler(ISignUpKeeping signUps) : IRequestHandler<ExpireSignUps, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireSignUps command, CancellationToken cancellationToken) =>
        new Swept(await signUps.SweepAsync(cancellationToken));
}
