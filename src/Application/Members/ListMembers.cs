using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Lists members, newest first; those who were removed only when asked for.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="Status">active, suspended or removed; the first two when absent.</param>
/// <param name="Email">Only the member with this address.</param>
public sealed record ListMembers(int? Limit, string? Cursor, string? Status, string? Email)
    : IQuery<Page<MemberDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListMembersValidator : AbstractValidator<ListMembers>
{
    public ListMembersValidator()
    {
        this.AddPagingRules();
        RuleFor(q => q.Status).Must(status => status is null || Wire.WordsOf(typeof(UserStatus)).Contains(status))
            .Saying("unknown_status", "active, suspended or removed.", "active, suspended, removed 중 하나여야 합니다.")
            .OverridePropertyName("?status");
        RuleFor(q => q.Email).Must(email => email is null || EmailAddress.TryNormalize(email, out _))
            .Saying("not_an_email", "An e-mail address is expected.", "이메일 주소여야 합니다.")
            .OverridePropertyName("?email");
    }
}

internal sealed class ListMembersHandler(IAppDbContext db)
    : IRequestHandler<ListMembers, Result<Page<MemberDetails>>>
{
    public async Task<Result<Page<MemberDetails>>> Handle(ListMembers query, CancellationToken cancellationToken)
    {
        var rows = await Filtered(query).OrderByDescending(u => u.Id).Take(query.Take() + 1)
            .Select(user => new
            {
                user,
                roles = (from link in db.UserRoles
                         join role in db.Roles on link.RoleId equals role.Id
                         where link.UserId == user.Id
                         select role).ToList(),
            })
            .ToListAsync(cancellationToken);
        return query.ToPage(
            [.. rows.Select(row => MemberDetails.Of(row.user, row.roles))], row => (row.CreatedAt, row.Id.Value));
    }

    private IQueryable<User> Filtered(ListMembers query)
    {
        var before = query.Before<UserId>();
        var users = db.Users.Where(u => u.Id < before);
        if (query.Email is { } email)
        {
            var normalized = EmailAddress.Normalize(email);
            users = users.Where(u => u.NormalizedEmail == normalized);
        }

        if (query.Status is null) return users.Where(u => u.Status != UserStatus.Removed);

        var status = Wire.Parse<UserStatus>(query.Status);
        return users.Where(u => u.Status == status);
    }
}
