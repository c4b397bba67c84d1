using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Roles;

/// <summary>Lists roles, newest first: the custom ones, then the built-in ones.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListRoles(int? Limit, string? Cursor) : IQuery<Page<RoleDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RolesRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListRolesValidator : AbstractValidator<ListRoles>
{
    public ListRolesValidator() => this.AddPagingRules();
}

internal sealed class ListRolesHandler(IAppDbContext db) : IRequestHandler<ListRoles, Result<Page<RoleDetails>>>
{
    public async Task<Result<Page<RoleDetails>>> Handle(ListRoles query, CancellationToken cancellationToken)
    {
        var before = query.Before<RoleId>();
        var rows = await db.Roles.Where(role => role.Id < before)
            .OrderByDescending(role => role.Id).Take(query.Take() + 1)
            .Select(RoleDetails.Projection).ToListAsync(cancellationToken);
        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
