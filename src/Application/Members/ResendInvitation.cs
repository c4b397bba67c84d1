using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Sends an open invitation again: a new link for seven days; the old one is void.</summary>
public sealed record ResendInvitation(InvitationId Id) : ICommand<InvitationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        StepUp = true,
        Audit = "invitation.reissued",
    };
}

internal sealed class ResendInvitationHandler(
    IAppDbContext db, ICaller caller, IOutbox outbox, ILinks links, TimeProvider clock)
    : IRequestHandler<ResendInvitation, Result<InvitationDetails>>
{
    public async Task<Result<InvitationDetails>> Handle(ResendInvitation command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        if (await db.OpenInvitations().AsTracking().SingleOrDefaultAsync(i => i.Id == command.Id, cancellationToken)
            is not { } invitation)
            return Error.NotFound;

        var roles = (await db.Roles.ToListAsync(cancellationToken))
            .Where(role => invitation.RoleIds.Contains(role.Id.Value)).ToList();
        if (granter.Check(roles.SelectMany(role => role.Permissions)) is { } denied) return denied;
        if (roles.Count == 0) return MemberErrors.NoRoleLeft;

        var (now, inviter) = (clock.Now(), caller.RequiredMember());
        var (token, hash) = OneTimeSecret.New();
        invitation.Resend(hash, inviter.PersonId, now);
        await outbox.MailAsync(
            InvitationMail.Of(invitation, token, caller.RequiredTenant(), inviter, links), cancellationToken);
        return InvitationDetails.Of(invitation, roles, now);
    }
}
