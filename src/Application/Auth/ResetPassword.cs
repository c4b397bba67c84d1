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

/// <summary>Sets a new password with the token of a mail, once; all sessions of the person end.</summary>
public sealed record ResetPassword : IPublicCommand<Nothing>, IOwnTransactions
{
    [Required]
    public string Token { get; init; } = "";

    [Required]
    public string NewPassword { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "password_reset.completed",
        Capability = Capability.SignIn,
    };
}

internal sealed class ResetPasswordValidator : AbstractValidator<ResetPassword>
{
    public ResetPasswordValidator()
    {
        RuleFor(c => c.Token).NotEmpty().MaximumLength(AuthLimits.RefreshTokenMaxLength);
        RuleFor(c => c.NewPassword).IsNewPassword(PasswordRules.MinLengthWithTotp);
    }
}

internal sealed class ResetPasswordHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    IThrottle throttle, ISignals signals, IOutbox outbox, Proofs proofs, TimeProvider clock)
    : IRequestHandler<ResetPassword, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(ResetPassword command, CancellationToken cancellationToken)
    {
        var tenant = caller.RequiredTenant();
        var attempt = new Attempt(
            AttemptKind.PasswordReset, tenant.Id.ToString(), "", ClientNetwork.Of(caller.Address),
            IsKnownPlace: false, clock.Now());
        if (throttle.TryEnter(attempt) is { } limited) return limited;
        if (OneTimeSecret.HashOf(command.Token) is not { } hash) return CredentialErrors.InvalidToken;

        var now = clock.Now();
        var user = await (
            from token in Open(hash, now)
            join owner in db.Users on token.UserId equals owner.Id
            where owner.Status == UserStatus.Active
            select owner).SingleOrDefaultAsync(cancellationToken);
        if (user is null) return CredentialErrors.InvalidToken;

        throttle.GiveBack(attempt);
        if (PasswordRules.Refusal(
            "/newPassword", command.NewPassword, user.HasTotp, tenant, user.Email) is { } unfit)
            return unfit;

        var passwordHash = await passwords.HashAsync(command.NewPassword, cancellationToken);
        return await transaction.RunAsync(
            () => StoreAsync(user, hash, passwordHash, cancellationToken), cancellationToken);
    }

    /// <summary>The newest only: of two that were asked for at once, the later one.</summary>
    private IQueryable<OneTimeToken> Open(byte[] hash, DateTimeOffset now) =>
        db.OneTimeTokens.Where(t => t.Hash == hash && t.Purpose == OneTimePurpose.PasswordReset
            && t.UsedAt == null && t.ExpiresAt > now
            && !db.OneTimeTokens.Any(newer => newer.UserId == t.UserId && newer.Purpose == t.Purpose
                && newer.CreatedAt > t.CreatedAt));

    private async Task<Result<Nothing>> StoreAsync(
        User user, byte[] hash, string passwordHash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var used = await Open(hash, now)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken);
        if (used == 0 || !await db.SetPasswordAsync(user, passwordHash, now, cancellationToken))
            return CredentialErrors.InvalidToken;

        await db.Sessions.Where(s => s.UserId == user.Id).EndAsync("password_reset", now, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        await audit.RecordAsync(ResetPassword.Policy.Audit, user.Id.Value, user.Id, cancellationToken);
        await outbox.MailAsync(proofs.Notice(MailTemplates.PasswordChanged, user), cancellationToken);
        return Nothing.Value;
    }
}
