using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Reads one member, one who was removed too.</summary>
public sealed record GetMember(UserId Id) : IQuery<MemberDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetMemberHandler(IAppDbContext db) : IRequestHandler<GetMember, Result<MemberDetails>>
{
    public async Task<Result<MemberDetails>> Handle(GetMember query, CancellationToken cancellationToken)
    {
        var found = await db.Users.Where(user => user.Id == query.Id)
            .Select(user => new
            {
                user,
                roles = (from link in db.UserRoles
                         join role in db.Roles on link.RoleId equals role.Id
                         where link.UserId == user.Id
                         select role).ToList(),
            })
            .SingleOrDefaultAsync(cancellationToken);
        return found is null ? Error.NotFound : MemberDetails.Of(found.user, found.roles);
    }
}
