using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>Changes a refresh token for a new pair; a token used twice ends the session (RFC 9700, 4.14.2).</summary>
public sealed record RefreshSession : IPublicCommand<SignedIn>, IOwnTransactions
{
    [Required]
    public string RefreshToken { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "session.refreshed",
        Capability = Capability.SignIn,
    };
}

internal sealed class RefreshSessionValidator : AbstractValidator<RefreshSession>
{
    public RefreshSessionValidator() =>
        RuleFor(c => c.RefreshToken).NotEmpty().MaximumLength(AuthLimits.RefreshTokenMaxLength);
}

internal sealed class RefreshSessionHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, ITokens tokens,
    ISignals signals, TimeProvider clock)
    : IRequestHandler<RefreshSession, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        if (tokens.HashRefresh(command.RefreshToken) is not { } hash) return PolicyErrors.Unauthenticated;

        var rotated = await transaction.RunAsync(() => RotateAsync(hash, cancellationToken), cancellationToken);
        // The refusal has rolled its own transaction back: ending a stolen session needs another one.
        if (rotated.Error is not null) await EndIfReusedAsync(hash, cancellationToken);
        return rotated;
    }

    private async Task<Result<SignedIn>> RotateAsync(byte[] hash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var used = await db.RefreshTokens
            .Where(t => t.Hash == hash && t.UsedAt == null && t.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken);
        if (used == 0) return PolicyErrors.Unauthenticated;

        var found = await (
            from token in db.RefreshTokens
            join session in db.Sessions on token.SessionId equals session.Id
            join user in db.Users on session.UserId equals user.Id
            where token.Hash == hash && session.RevokedAt == null && session.ExpiresAt > now
                && user.Status == UserStatus.Active
            select new { session, user }).SingleOrDefaultAsync(cancellationToken);
        if (found is null) return PolicyErrors.Unauthenticated;

        var roles = await db.RolesOf(found.user.Id).ToListAsync(cancellationToken);
        if (caller.RequiredTenant().RefusesSignIn(roles, now) is { } refusal) return refusal;

        var (next, nextHash) = tokens.NewRefresh();
        db.RefreshTokens.Add(RefreshToken.Issue(found.session, nextHash, now));
        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(RefreshSession.Policy.Audit, found.session.Id.Value, found.user.Id, cancellationToken);
        return SignedIn.With(tokens, found.session.Id, next, found.user, roles, now);
    }

    private async Task EndIfReusedAsync(byte[] hash, CancellationToken cancellationToken)
    {
        var reused = await (
            from token in db.RefreshTokens
            join session in db.Sessions on token.SessionId equals session.Id
            where token.Hash == hash && token.UsedAt != null && session.RevokedAt == null
            select session).SingleOrDefaultAsync(cancellationToken);
        if (reused is null) return;

        await transaction.RunAsync<Result<Nothing>>(
            async () =>
            {
                var now = clock.Now();
                await db.EndSessionAsync(reused.Id, "refresh_token_reused", now, cancellationToken);
                await audit.RecordAsync(
                    "session.refresh_token_reused", reused.Id.Value, reused.UserId, cancellationToken);
                await signals.SessionRevokedAsync(reused.Id, cancellationToken);
                return Nothing.Value;
            },
            cancellationToken);
    }
}
