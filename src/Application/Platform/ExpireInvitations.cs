using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Revokes invitations that expired a week ago, and gives their seats back.</summary>
public sealed record ExpireInvitations : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "invitations.expired",
    };
}

internal sealed class ExpireInvitationsHandler(IRowKeeping rows) : IRequestHandler<ExpireInvitations, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireInvitations command, CancellationToken cancellationToken) =>
        new Swept(await rows.ExpireInvitationsAsync(cancellationToken));
}
