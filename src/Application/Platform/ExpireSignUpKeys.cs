using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Deletes Idempotency-Keys of sign-ups that are older than a day.</summary>
public sealed record ExpireSignUpKeys : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "sign_up_keys.expired",
    };
}

internal sealed class ExpireSignUpKeysHandler(IRowKeeping rows) : IRequestHandler<ExpireSignUpKeys, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireSignUpKeys command, CancellationToken cancellationToken) =>
        new Swept(await rows.ExpireSignUpKeysAsync(cancellationToken));
}
