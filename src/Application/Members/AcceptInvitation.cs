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

/// <summary>Accepts an invitation with the token of its mail: makes the member, who then signs in.</summary>
public sealed record AcceptInvitation : IPublicCommand<MemberDetails>, IOwnTransactions
{
    [Required]
    public string Token { get; init; } = "";

    [Required]
    public string Name { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "invitation.accepted",
    };
}

internal sealed class AcceptInvitationValidator : AbstractValidator<AcceptInvitation>
{
    private const int TokenMaxLength = 200;

    public AcceptInvitationValidator()
    {
        RuleFor(c => c.Token).NotEmpty().MaximumLength(TokenMaxLength);
        RuleFor(c => c.Name).NotEmpty().MaximumLength(User.NameMaxLength).IsWellFormed();
        RuleFor(c => c.Password).IsNewPassword();
    }
}

internal sealed class AcceptInvitationHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    ISignals signals, TimeProvider clock)
    : IRequestHandler<AcceptInvitation, Result<MemberDetails>>
{
    public async Task<Result<MemberDetails>> Handle(AcceptInvitation command, CancellationToken cancellationToken)
    {
        if (OneTimeSecret.HashOf(command.Token) is not { } hash) return MemberErrors.InvalidToken;
        // Hashing a password is dear: not for who guesses tokens.
        var email = await Acceptable(hash, clock.Now()).Select(i => i.Email).SingleOrDefaultAsync(cancellationToken);
        if (email is null) return MemberErrors.InvalidToken;
        if (PasswordRules.Refusal("/password", command.Password, hasTotp: false, caller.RequiredTenant(), email)
            is { } refusal)
            return refusal;

        var password = await passwords.HashAsync(command.Password, cancellationToken);
        return await transaction.RunAsync(
            () => JoinAsync(hash, command.Name, password, cancellationToken), cancellationToken);
    }

    private IQueryable<Invitation> Acceptable(byte[] hash, DateTimeOffset now) =>
        db.OpenInvitations().Where(i => i.TokenHash == hash && i.ExpiresAt > now);

    private async Task<Result<MemberDetails>> JoinAsync(
        byte[] hash, string name, string password, CancellationToken cancellationToken)
    {
        await db.LockPeopleAsync(cancellationToken);
        var now = clock.Now();
        var accepted = await Acceptable(hash, now).ExecuteUpdateAsync(
            set => set.SetProperty(i => i.AcceptedAt, now)
                .SetProperty(i => i.UpdatedAt, now).SetProperty(i => i.Version, i => i.Version + 1),
            cancellationToken);
        if (accepted == 0) return MemberErrors.InvalidToken;

        var invitation = await db.Invitations.SingleAsync(i => i.TokenHash == hash, cancellationToken);
        var roles = await RolesAsync(invitation, cancellationToken);
        if (roles.Count == 0) return MemberErrors.InvalidToken;
        if (await MemberAsync(invitation, roles, name, password, now, cancellationToken) is not { } member)
            return MemberErrors.InvalidToken;

        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(AcceptInvitation.Policy.Audit, member.Id.Value, member.Id, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        return MemberDetails.Of(member, roles);
    }

    /// <summary>Those that are still there, and that who invited could still give.</summary>
    private async Task<List<Role>> RolesAsync(Invitation invitation, CancellationToken cancellationToken)
    {
        var inviter = await db.GranterAsync(invitation.InvitedBy, Permissions.MembersWrite, cancellationToken);
        return (await db.Roles.ToListAsync(cancellationToken))
            .Where(role => invitation.RoleIds.Contains(role.Id.Value) && inviter.Check(role.Permissions) is null)
            .ToList();
    }

    /// <summary>Somebody new, or who was removed and comes back; null for who is a member.</summary>
    private async Task<User?> MemberAsync(
        Invitation invitation, List<Role> roles, string name, string password, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var ids = roles.Select(role => role.Id);
        var known = await db.Users.AsTracking()
            .SingleOrDefaultAsync(u => u.NormalizedEmail == invitation.NormalizedEmail, cancellationToken);
        if (known is null)
        {
            var joined = User.Join(caller.RequiredTenant().Id, invitation.Email, name, password, ids, now);
            db.Users.Add(joined);
            return joined;
        }

        if (known.Rejoin(invitation.Email, name, password, now) is not null) return null;

        var id = known.Id;
        await db.RecoveryCodes.Where(code => code.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.OneTimeTokens.Where(token => token.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.UserRoles.Where(link => link.UserId == id).ExecuteDeleteAsync(cancellationToken);
        db.UserRoles.AddRange(ids.Select(role => new UserRole(known.OrgId, id, role)));
        return known;
    }
}
