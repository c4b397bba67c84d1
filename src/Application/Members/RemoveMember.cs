using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Removes a member: signed out at once, and the seat is free; can be restored.</summary>
public sealed record RemoveMember(UserId Id, VersionCondition IfMatch) : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Releases = [Quota.Members],
        Audit = "member.removed",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class RemoveMemberHandler(
    IAppDbContext db, ICaller caller, IQuotas quotas, ISignals signals, TimeProvider clock)
    : IRequestHandler<RemoveMember, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RemoveMember command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        if (await db.LockMemberAsync(command.Id, cancellationToken) is not { } member) return Error.NotFound;
        if (command.IfMatch.Check(member) is { } stale) return stale;

        var held = await db.RolesHeldBy(member.Id).ToListAsync(cancellationToken);
        if (granter.Check(held.SelectMany(role => role.Permissions)) is { } denied) return denied;
        if (await db.CheckNotLastOwnerAsync(member, held, cancellationToken) is { } last) return last;

        var now = clock.Now();
        if (member.Remove(now) is { } refusal) return refusal;

        await db.Sessions.Where(s => s.UserId == member.Id).EndAsync("member_removed", now, cancellationToken);
        await quotas.ReleaseAsync(Quota.Members, 1, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        return Nothing.Value;
    }
}
