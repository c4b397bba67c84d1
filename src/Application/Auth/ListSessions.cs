using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>Lists where the caller is signed in, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListSessions(int? Limit, string? Cursor) : IQuery<Page<SessionDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class ListSessionsValidator : AbstractValidator<ListSessions>
{
    public ListSessionsValidator() => this.AddPagingRules();
}

/// <summary>One sign-in on one device.</summary>
/// <param name="Id">To end it.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="LastUsedAt">When its tokens were last made anew.</param>
/// <param name="Address">The address it was started from.</param>
/// <param name="UserAgent">The program it was started with, as it named itself.</param>
/// <param name="Current">This request belongs to it.</param>
/// <param name="Impersonated">A person of the platform acts in it.</param>
public sealed record SessionDetails(
    [property: Required] SessionId Id,
    [property: Required] DateTimeOffset CreatedAt,
    [property: Required] DateTimeOffset LastUsedAt,
    [property: Required] string Address,
    [property: Required] string UserAgent,
    [property: Required] bool Current,
    [property: Required] bool Impersonated);

internal sealed class ListSessionsHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<ListSessions, Result<Page<SessionDetails>>>
{
    public async Task<Result<Page<SessionDetails>>> Handle(ListSessions query, CancellationToken cancellationToken)
    {
        var (me, before) = (caller.RequiredMember(), query.Before<SessionId>());
        var (user, current) = (me.Id, me.SessionId);
        var sessions = await db.Sessions.Where(s => s.UserId == user && s.Id < before).Active(clock.Now())
            .OrderByDescending(s => s.Id)
            .Take(query.Take() + 1)
            .Select(s => new SessionDetails(
                s.Id, s.CreatedAt, s.LastUsedAt, s.ClientAddress, s.UserAgent, s.Id == current,
                s.ImpersonatorId != null))
            .ToListAsync(cancellationToken);
        return query.ToPage(sessions, session => (session.CreatedAt, session.Id.Value));
    }
}
