using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Takes a removed member back, with the password and those of the roles that are still there.</summary>
public sealed record RestoreMember(UserId Id) : ICommand<MemberDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Quota = Quota.Members,
        ReservesLater = true,
        StepUp = true,
        Audit = "member.restored",
    };
}

internal sealed class RestoreMemberHandler(
    IAppDbContext db, ICaller caller, IQuotas quotas, ISignals signals, TimeProvider clock)
    : IRequestHandler<RestoreMember, Result<MemberDetails>>
{
    public async Task<Result<MemberDetails>> Handle(RestoreMember command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        if (await db.LockMemberAsync(command.Id, cancellationToken) is not { } member) return Error.NotFound;

        var held = await db.RolesHeldBy(member.Id).ToListAsync(cancellationToken);
        if (granter.Check(held.SelectMany(role => role.Permissions)) is { } denied) return denied;

        var now = clock.Now();
        if (member.Restore(now) is { } refusal) return refusal;
        if (held.Count == 0) return MemberErrors.NoRoleLeft;

        var email = member.NormalizedEmail;
        var invited = await db.OpenInvitations().AsTracking()
            .SingleOrDefaultAsync(i => i.NormalizedEmail == email, cancellationToken);
        if (await db.TakeSeatAsync(quotas, invited, now, cancellationToken) is { } full) return full;

        await signals.PeopleChangedAsync(cancellationToken);
        return MemberDetails.Of(member, held);
    }
}
