using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>Lists the invitations that were neither accepted nor revoked, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListInvitations(int? Limit, string? Cursor) : IQuery<Page<InvitationDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListInvitationsValidator : AbstractValidator<ListInvitations>
{
    public ListInvitationsValidator() => this.AddPagingRules();
}

internal sealed class ListInvitationsHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<ListInvitations, Result<Page<InvitationDetails>>>
{
    public async Task<Result<Page<InvitationDetails>>> Handle(
        ListInvitations query, CancellationToken cancellationToken)
    {
        var before = query.Before<InvitationId>();
        var rows = await db.OpenInvitations().Where(i => i.Id < before)
            .OrderByDescending(i => i.Id).Take(query.Take() + 1).ToListAsync(cancellationToken);
        // A tenant has a handful: fewer than a join over arrays would look at.
        var roles = await db.Roles.ToListAsync(cancellationToken);
        var now = clock.Now();
        return query.ToPage(
            [.. rows.Select(row => InvitationDetails.Of(row, roles, now))], row => (row.CreatedAt, row.Id.Value));
    }
}
