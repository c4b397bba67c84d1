using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Who is invited, and to what.</summary>
public sealed record InvitationContent
{
    [Required] public string Email { get; init; } = "";

    /// <summary>Names of roles: one at least, and none with more permissions than your own.</summary>
    [Required] public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>Invites somebody by mail; the link is good for seven days, and an open invitation takes a seat.</summary>
public sealed record InviteMember(InvitationContent Content) : ICommand<InvitationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Quota = Quota.Members,
        ReservesLater = true,
        StepUp = true,
        Audit = "invitation.issued",
        Idempotent = true,
    };
}

internal sealed class InviteMemberValidator : AbstractValidator<InviteMember>
{
    public InviteMemberValidator()
    {
        RuleFor(c => c.Content.Email).IsEmail();
        RuleFor(c => c.Content.Roles).AreRoleNames();
    }
}

internal sealed class InviteMemberHandler(
    IAppDbContext db, ICaller caller, IQuotas quotas, IOutbox outbox, ILinks links, TimeProvider clock)
    : IRequestHandler<InviteMember, Result<InvitationDetails>>
{
    public async Task<Result<InvitationDetails>> Handle(InviteMember command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        var roles = await db.FindRolesAsync(command.Content.Roles, cancellationToken);
        if (roles.Error is { } unknown) return unknown;
        if (granter.Check(roles.Value.SelectMany(role => role.Permissions)) is { } denied) return denied;

        var (now, email) = (clock.Now(), EmailAddress.Normalize(command.Content.Email));
        if (await db.Users.AnyAsync(
            u => u.NormalizedEmail == email && u.Status != UserStatus.Removed, cancellationToken))
            return MemberErrors.AlreadyMember;

        var open = await db.OpenInvitations().AsTracking()
            .SingleOrDefaultAsync(i => i.NormalizedEmail == email, cancellationToken);
        if (open?.HasExpired(now) is false) return MemberErrors.AlreadyInvited;
        if (await db.TakeSeatAsync(quotas, open, now, cancellationToken) is { } full) return full;

        var (tenant, inviter) = (caller.RequiredTenant(), caller.RequiredMember());
        var (token, hash) = OneTimeSecret.New();
        var invitation = Invitation.Send(
            tenant.Id, command.Content.Email.Trim(), roles.Value.Select(role => role.Id), hash, inviter.PersonId, now);
        db.Invitations.Add(invitation);
        await outbox.MailAsync(InvitationMail.Of(invitation, token, tenant, inviter, links), cancellationToken);
        return InvitationDetails.Of(invitation, roles.Value, now);
    }
}

internal static class InvitationMail
{
    public static Mail Of(Invitation invitation, string token, Tenant tenant, Member inviter, ILinks links) => new(
        MailTemplates.Invitation,
        invitation.Email,
        tenant.Locale,
        new Dictionary<string, string>
        {
            ["inviter"] = inviter.Name,
            ["link"] = links.To(tenant, $"/accept-invitation?token={token}"),
            ["days"] = $"{Invitation.Lifetime.Days}",
        });
}
