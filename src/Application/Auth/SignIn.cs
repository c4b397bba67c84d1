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

/// <summary>Signs in with e-mail and password, and a code where the account has an authenticator app.</summary>
public sealed record SignIn : IPublicCommand<SignedIn>, IOwnTransactions
{
    [Required]
    public string Email { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";

    /// <summary>Of the authenticator app, or a recovery code.</summary>
    public string? Code { get; init; }

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
        RuleFor(c => c.Password).IsPassword();
        RuleFor(c => c.Code).MaximumLength(RecoveryCodeText.MaxLength);
    }
}

internal sealed class SignInHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    ITokens tokens, IDenials denials, IThrottle throttle, Proofs proofs, TimeProvider clock)
    : IRequestHandler<SignIn, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(SignIn command, CancellationToken cancellationToken)
    {
        // An address that cannot be one is looked up all the same, so that it takes as long.
        if (!EmailAddress.TryNormalize(command.Email, out var email)) email = "";
        var user = await db.Users.SingleOrDefaultAsync(u => u.NormalizedEmail == email, cancellationToken);
        var attempt = await proofs.AttemptAsync(AttemptKind.Proof, email, user, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;

        var verdict = await passwords.VerifyAsync(user?.PasswordHash, command.Password, cancellationToken);
        if (user is null || !verdict.IsCorrect || user.Status is not UserStatus.Active)
            return await RefuseAsync(
                PolicyErrors.Unauthenticated, Reason(user, verdict.IsCorrect), user, cancellationToken);

        var roles = await db.RolesOf(user.Id).ToListAsync(cancellationToken);
        var refusal = caller.RequiredTenant().RefusesSignIn(roles, clock.GetUtcNow())
            ?? (user.HasTotp && string.IsNullOrEmpty(command.Code) ? CredentialErrors.TotpRequired : null);
        if (refusal is not null)
        {
            throttle.GiveBack(attempt); // the password was right
            return await RefuseAsync(refusal, refusal.Code, user, cancellationToken);
        }

        var rehashed = verdict.NeedsRehash ? await passwords.HashAsync(command.Password, cancellationToken) : null;
        var result = await transaction.RunAsync(
            () => StartAsync(user, roles, rehashed, command.Code, cancellationToken), cancellationToken);
        if (result.Error is { } wrong) return await RefuseAsync(wrong, "wrong_code", user, cancellationToken);

        throttle.Succeeded(attempt);
        return result;
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
        User user, List<Role> roles, string? rehashed, string? code, CancellationToken cancellationToken)
    {
        if (user.HasTotp && !await proofs.UseCodeAsync(user, code!, cancellationToken))
            return PolicyErrors.Unauthenticated;

        // As it was read, or it was changed while the password was verified.
        var now = clock.Now();
        var (before, confirmedAt, hash) = (user.PasswordHash, user.TotpConfirmedAt, rehashed ?? user.PasswordHash);
        var stored = await db.Users
            .Where(u => u.Id == user.Id && u.Status == UserStatus.Active && u.PasswordHash == before
                && u.TotpConfirmedAt == confirmedAt)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.LastSignInAt, now).SetProperty(u => u.PasswordHash, hash),
                cancellationToken);
        if (stored == 0) return PolicyErrors.Unauthenticated;

        var session = Session.Start(user.OrgId, user.Id, caller.Address, now, caller.UserAgent);
        var (refresh, refreshHash) = OneTimeSecret.New();
        db.Sessions.Add(session);
        db.RefreshTokens.Add(RefreshToken.Issue(session, refreshHash, now));
        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(SignIn.Policy.Audit, session.Id.Value, user.Id, cancellationToken);
        return SignedIn.With(tokens, caller.RequiredTenant(), session.Id, refresh, user, roles, now);
    }
}
