using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Revokes an open invitation, which gives its seat back.</summary>
public sealed record RevokeInvitation(InvitationId Id) : ICommand<Nothing>, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Releases = [Quota.Members],
        Audit = "invitation.revoked",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class RevokeInvitationHandler(IAppDbContext db, ICaller caller, IQuotas quotas, TimeProvider clock)
    : IRequestHandler<RevokeInvitation, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RevokeInvitation command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        if (granter.Check() is { } denied) return denied;
        if (await db.OpenInvitations().AsTracking().SingleOrDefaultAsync(i => i.Id == command.Id, cancellationToken)
            is not { } invitation)
            return Error.NotFound;

        invitation.Revoke(clock.Now());
        await quotas.ReleaseAsync(Quota.Members, 1, cancellationToken);
        return Nothing.Value;
    }
}
