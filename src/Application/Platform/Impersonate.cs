using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Acts as a member of a tenant, for a reason that the tenant reads in its log, and for 60 minutes at most.
/// </summary>
public sealed record Impersonate(TenantId Id, ImpersonationGrounds Content) : IPlatformCommand<Impersonation>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "impersonation.started",
    };
}

/// <summary>Whom, why and for how long.</summary>
public sealed record ImpersonationGrounds
{
    public const int MaxMinutes = 60;

    /// <summary>An active member of the tenant.</summary>
    [Required]
    public UserId UserId { get; init; }

    /// <summary>The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";

    /// <summary>1 to 60.</summary>
    [Required]
    public int Minutes { get; init; }
}

internal sealed class ImpersonateValidator : AbstractValidator<Impersonate>
{
    public ImpersonateValidator()
    {
        RuleFor(c => c.Content.UserId).NotEmpty();
        RuleFor(c => c.Content.Reason).NotEmpty().MaximumLength(Session.ReasonMaxLength).IsWellFormed();
        RuleFor(c => c.Content.Minutes).InclusiveBetween(1, ImpersonationGrounds.MaxMinutes);
    }
}

/// <summary>A session in which an operator acts as a member; it cannot be refreshed.</summary>
/// <param name="AccessToken">Send it as Authorization: Bearer, to the tenant's host.</param>
/// <param name="TokenType">Bearer (RFC 6750).</param>
/// <param name="ExpiresIn">Seconds.</param>
/// <param name="SessionId">As the member sees it in their list.</param>
/// <param name="TenantId">Whose host.</param>
/// <param name="Slug">The first label of that host.</param>
/// <param name="UserId">The member.</param>
/// <param name="ExpiresAt">When it ends by itself; POST /v1/auth/logout ends it before.</param>
public sealed record Impersonation(
    [property: Required] string AccessToken,
    [property: Required] string TokenType,
    [property: Required] int ExpiresIn,
    [property: Required] SessionId SessionId,
    [property: Required] TenantId TenantId,
    [property: Required] string Slug,
    [property: Required] UserId UserId,
    [property: Required] DateTimeOffset ExpiresAt);

internal sealed class ImpersonateHandler(
    ICaller caller, IImpersonations impersonations, IImpersonationTokens tokens, TimeProvider clock)
    : IRequestHandler<Impersonate, Result<Impersonation>>
{
    public async Task<Result<Impersonation>> Handle(Impersonate command, CancellationToken cancellationToken)
    {
        var lifetime = TimeSpan.FromMinutes(command.Content.Minutes);
        var started = await impersonations.StartAsync(
            command.Id, command.Content.UserId, command.Content.Reason, lifetime, cancellationToken);
        if (started.Error is { } refusal) return refusal;

        var session = started.Value;
        return new Impersonation(
            tokens.IssueAccess(session, caller.RequiredOperator().Id, clock.Now()),
            "Bearer",
            (int)lifetime.TotalSeconds,
            session.Id,
            session.OrgId,
            session.Slug,
            session.UserId,
            session.ExpiresAt);
    }
}
