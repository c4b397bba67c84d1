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

/// <summary>Signs in with e-mail and password.</summary>
public sealed record SignIn : IPublicCommand<SignedIn>, IOwnTransactions
{
    [Required]
    public string Email { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "session.started",
        Capability = Capability.SignIn,
    };
}

internal sealed class SignInValidator : AbstractValidator<SignIn>
{
    public SignInValidator()
    {
        RuleFor(c => c.Email).NotEmpty().MaximumLength(EmailAddress.MaxLength);
        RuleFor(c => c.Password).NotEmpty().MaximumLength(AuthLimits.PasswordMaxLength);
    }
}

internal sealed class SignInHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    ITokens tokens, IDenials denials, TimeProvider clock)
    : IRequestHandler<SignIn, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(SignIn command, CancellationToken cancellationToken)
    {
        // An address that cannot be one is looked up all the same, so that it takes as long.
        if (!EmailAddress.TryNormalize(command.Email, out var email)) email = "";
        var user = await db.Users.SingleOrDefaultAsync(u => u.NormalizedEmail == email, cancellationToken);
        var verdict = await passwords.VerifyAsync(user?.PasswordHash, command.Password, cancellationToken);
        if (user is null || !verdict.IsCorrect || user.Status is not UserStatus.Active)
            return await RefuseAsync(
                PolicyErrors.Unauthenticated, Reason(user, verdict.IsCorrect), user, cancellationToken);

        var roles = await db.RolesOf(user.Id).ToListAsync(cancellationToken);
        if (caller.RequiredTenant().RefusesSignIn(roles, clock.GetUtcNow()) is { } refusal)
            return await RefuseAsync(refusal, refusal.Code, user, cancellationToken);

        var rehashed = verdict.NeedsRehash ? await passwords.HashAsync(command.Password, cancellationToken) : null;
        return await transaction.RunAsync(
            () => StartAsync(user, roles, rehashed, cancellationToken), cancellationToken);
    }

    private static string Reason(User? user, bool isCorrect) =>
        user is null ? "unknown_user" : isCorrect ? "user_suspended" : "wrong_password";

    /// <summary>The client learns nothing of the reason; the tenant's log does, for known and unknown users alike.</summary>
    private async Task<Error> RefuseAsync(
        Error refusal, string reason, User? user, CancellationToken cancellationToken)
    {
        await denials.RecordAsync(
            new Denial(Denial.SignIn, reason, nameof(SignIn)) { Subject = user?.Id.Value }, cancellationToken);
        return refusal;
    }

    private async Task<Result<SignedIn>> StartAsync(
        User user, List<Role> roles, string? rehashed, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var stored = await db.Users.AsTracking().SingleOrDefaultAsync(u => u.Id == user.Id, cancellationToken);
        if (stored is null || stored.Status is not UserStatus.Active || stored.PasswordHash != user.PasswordHash)
            return PolicyErrors.Unauthenticated; // changed while the password was verified

        if (rehashed is not null) stored.Rehash(rehashed);
        stored.SignedIn(now);
        var session = Session.Start(user.OrgId, user.Id, caller.Address, now, caller.UserAgent);
        var (refresh, hash) = tokens.NewRefresh();
        db.Sessions.Add(session);
        db.RefreshTokens.Add(RefreshToken.Issue(session, hash, now));
        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(SignIn.Policy.Audit, session.Id.Value, user.Id, cancellationToken);
        return SignedIn.With(tokens, session.Id, refresh, stored, roles, now);
    }
}
