using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Roles;

/// <summary>Deletes a custom role that nobody has; open invitations lose it.</summary>
public sealed record DeleteRole(RoleId Id, VersionCondition IfMatch) : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RolesWrite,
        Feature = Feature.None,
        StepUp = true,
        Audit = "role.deleted",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class DeleteRoleHandler(IAppDbContext db, ICaller caller, ISignals signals, TimeProvider clock)
    : IRequestHandler<DeleteRole, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteRole command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.RolesWrite, cancellationToken);
        if (await db.Roles.AsTracking().SingleOrDefaultAsync(role => role.Id == command.Id, cancellationToken)
            is not { } role)
            return Error.NotFound;
        if (command.IfMatch.Check(role) is { } stale) return stale;
        if (role.BuiltIn) return MemberErrors.RoleBuiltIn;
        if (granter.Check(role.Permissions) is { } denied) return denied;
        if (await IsInUseAsync(role.Id, cancellationToken)) return MemberErrors.RoleInUse;

        // Who was removed loses it too: else they would keep it from being deleted for ever.
        await db.UserRoles.Where(link => link.RoleId == command.Id).ExecuteDeleteAsync(cancellationToken);
        await DropAsync(role.Id, cancellationToken);
        db.Roles.Remove(role);
        await signals.PeopleChangedAsync(cancellationToken);
        return Nothing.Value;
    }

    /// <summary>No race: a role is given under the people's lock, which this command holds.</summary>
    private Task<bool> IsInUseAsync(RoleId id, CancellationToken cancellationToken) => (
        from link in db.UserRoles
        join user in db.Users on link.UserId equals user.Id
        where link.RoleId == id && user.Status != UserStatus.Removed
        select user).AnyAsync(cancellationToken);

    private async Task DropAsync(RoleId id, CancellationToken cancellationToken)
    {
        var value = id.Value;
        var naming = await db.Invitations.AsTracking()
            .Where(i => i.AcceptedAt == null && i.RevokedAt == null && i.RoleIds.Contains(value))
            .ToListAsync(cancellationToken);
        foreach (var invitation in naming) invitation.Drop(id, clock.Now());
    }
}
