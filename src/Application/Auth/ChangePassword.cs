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

namespace CleanTenancy.Application.Auth;

/// <summary>Changes one's own password; all other sessions end.</summary>
public sealed record ChangePassword : ICommand<Nothing>, IOwnTransactions
{
    [Required]
    public string OldPassword { get; init; } = "";

    [Required]
    public string NewPassword { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "password.changed",
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class ChangePasswordValidator : AbstractValidator<ChangePassword>
{
    public ChangePasswordValidator()
    {
        RuleFor(c => c.OldPassword).IsPassword();
        RuleFor(c => c.NewPassword).IsNewPassword(PasswordRules.MinLengthWithTotp)
            .NotEqual(c => c.OldPassword)
            .Saying("password_unchanged", "This is the old password.", "이전과 같은 비밀번호입니다.");
    }
}

internal sealed class ChangePasswordHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    IThrottle throttle, IDenials denials, ISignals signals, IOutbox outbox, Proofs proofs, TimeProvider clock)
    : IRequestHandler<ChangePassword, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(ChangePassword command, CancellationToken cancellationToken)
    {
        if (caller.RequiredMember().ImpersonatorId is not null) return PolicyErrors.PersonRequired;
        if (await proofs.MeAsync(cancellationToken) is not { } me) return PolicyErrors.Unauthenticated;

        var attempt = await proofs.AttemptAsync(AttemptKind.Proof, me.NormalizedEmail, me, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;
        if (!(await passwords.VerifyAsync(me.PasswordHash, command.OldPassword, cancellationToken)).IsCorrect)
        {
            await denials.RecordAsync(
                new Denial(Denial.Access, CredentialErrors.Wrong.Code, nameof(ChangePassword)), cancellationToken);
            return CredentialErrors.Wrong;
        }

        throttle.Succeeded(attempt);
        if (PasswordRules.Refusal(
            "/newPassword", command.NewPassword, me.HasTotp, caller.RequiredTenant(), me.Email) is { } unfit)
            return unfit;

        var hash = await passwords.HashAsync(command.NewPassword, cancellationToken);
        return await transaction.RunAsync(() => StoreAsync(me, hash, cancellationToken), cancellationToken);
    }

    private async Task<Result<Nothing>> StoreAsync(User me, string hash, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        if (!await db.SetPasswordAsync(me, hash, now, cancellationToken)) return CredentialErrors.Wrong;

        var current = caller.RequiredMember().SessionId;
        await db.Sessions.Where(s => s.UserId == me.Id && s.Id != current)
            .EndAsync("password_changed", now, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        await audit.RecordAsync(ChangePassword.Policy.Audit, me.Id.Value, me.Id, cancellationToken);
        await outbox.MailAsync(proofs.Notice(MailTemplates.PasswordChanged, me), cancellationToken);
        return Nothing.Value;
    }
}
