using System.ComponentModel.DataAnnotations;
using System.Globalization;
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

/// <summary>
/// Changes a refresh token for a new pair; for 10 seconds it answers the same successor again, and used after that it
/// ends the session (RFC 9700, 4.14.2).
/// </summary>
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
    ISuccessors successors, ISignals signals, IOutbox outbox, ILinks links, TimeProvider clock)
    : IRequestHandler<RefreshSession, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        if (OneTimeSecret.HashOf(command.RefreshToken) is not { } hash) return PolicyErrors.Unauthenticated;

        var rotated = await transaction.RunAsync(
            () => RotateAsync(command.RefreshToken, hash, cancellationToken), cancellationToken);
        // The refusal has rolled its own transaction back: ending a stolen session needs another one.
        if (rotated.Error is not null) await EndIfReusedAsync(hash, cancellationToken);
        return rotated;
    }

    private async Task<Result<SignedIn>> RotateAsync(string token, byte[] hash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var (next, nextHash) = OneTimeSecret.New();
        var sealedNext = successors.Seal(token, next);
        // Of parallel uses one wins; the others wait here for its commit, and find its successor below.
        var won = await db.RefreshTokens
            .Where(t => t.Hash == hash && t.UsedAt == null && t.ExpiresAt > now)
            .ExecuteUpdateAsync(
                set => set.SetProperty(t => t.UsedAt, now).SetProperty(t => t.Successor, sealedNext),
                cancellationToken) == 1;

        var found = await (
            from used in db.RefreshTokens
            join session in db.Sessions on used.SessionId equals session.Id
            join user in db.Users on session.UserId equals user.Id
            where used.Hash == hash && session.RevokedAt == null && session.ExpiresAt > now
                && user.Status == UserStatus.Active
            select new { used, session, user }).SingleOrDefaultAsync(cancellationToken);
        if (found is null) return PolicyErrors.Unauthenticated;
        if (!won)
        {
            if (Remembered(token, found.used, now) is not { } successor) return PolicyErrors.Unauthenticated;
            next = successor;
        }

        var roles = await db.RolesOf(found.user.Id).ToListAsync(cancellationToken);
        if (caller.RequiredTenant().RefusesSignIn(roles, now) is { } refusal) return refusal;

        if (won) await ContinueAsync(found.session, nextHash, now, cancellationToken);
        return SignedIn.With(tokens, caller.RequiredTenant(), found.session.Id, next, found.user, roles, now);
    }

    /// <summary>The successor of a token that was used a moment ago; null when that is too long ago.</summary>
    private string? Remembered(string token, RefreshToken used, DateTimeOffset now) =>
        used is { UsedAt: { } at, Successor: { } successor } && now < at + RefreshToken.Grace
            ? successors.Open(token, successor)
            : null;

    private async Task ContinueAsync(
        Session session, byte[] nextHash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        db.RefreshTokens.Add(RefreshToken.Issue(session, nextHash, now));
        await transaction.FlushAsync(cancellationToken);
        await db.Sessions.Where(s => s.Id == session.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.LastUsedAt, now), cancellationToken);
        await audit.RecordAsync(RefreshSession.Policy.Audit, session.Id.Value, session.UserId, cancellationToken);
    }

    private async Task EndIfReusedAsync(byte[] hash, CancellationToken cancellationToken)
    {
        var usedBefore = clock.Now() - RefreshToken.Grace;
        var reused = await (
            from token in db.RefreshTokens
            join session in db.Sessions on token.SessionId equals session.Id
            join user in db.Users on session.UserId equals user.Id
            where token.Hash == hash && token.UsedAt <= usedBefore && session.RevokedAt == null
            select new { session, user }).SingleOrDefaultAsync(cancellationToken);
        if (reused is null) return;

        await transaction.RunAsync(
            () => EndStolenAsync(reused.session, reused.user, cancellationToken), cancellationToken);
    }

    private async Task<Result<Nothing>> EndStolenAsync(
        Session session, User user, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        // Told once, however many come with it.
        if (await db.Sessions.Where(s => s.Id == session.Id)
            .EndAsync("refresh_token_reused", now, cancellationToken) == 0)
            return Nothing.Value;

        await audit.RecordAsync("session.refresh_token_reused", session.Id.Value, user.Id, cancellationToken);
        await outbox.MailAsync(Warning(user, session), cancellationToken);
        await signals.SessionRevokedAsync(session.Id, cancellationToken);
        return Nothing.Value;
    }

    private Mail Warning(User user, Session session)
    {
        var tenant = caller.RequiredTenant();
        return new Mail(MailTemplates.SessionStolen, user.Email, tenant.Locale, new Dictionary<string, string>
        {
            ["name"] = user.Name,
            ["startedAt"] = session.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
            ["address"] = session.ClientAddress,
            ["userAgent"] = session.UserAgent,
            ["link"] = links.To(tenant, "/sessions"),
        });
    }
}
