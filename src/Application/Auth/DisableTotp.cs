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

/// <summary>
/// Takes the authenticator app off the account; the password, given again, must be long enough to stand alone.
/// </summary>
public sealed record DisableTotp : ICommand<Nothing>, IOwnTransactions
{
    [Required]
    public string Password { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "totp.disabled",
        StepUp = true,
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class DisableTotpValidator : AbstractValidator<DisableTotp>
{
    public DisableTotpValidator() => RuleFor(c => c.Password).IsPassword();
}

internal sealed class DisableTotpHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    IThrottle throttle, IDenials denials, ISignals signals, IOutbox outbox, Proofs proofs, TimeProvider clock)
    : IRequestHandler<DisableTotp, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DisableTotp command, CancellationToken cancellationToken)
    {
        if (await proofs.MeAsync(cancellationToken) is not { } me) return PolicyErrors.Unauthenticated;
        if (!me.HasTotp) return CredentialErrors.TotpNotEnabled;

        var attempt = await proofs.AttemptAsync(AttemptKind.Proof, me.NormalizedEmail, me, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;
        if (!(await passwords.VerifyAsync(me.PasswordHash, command.Password, cancellationToken)).IsCorrect)
        {
            await denials.RecordAsync(
                new Denial(Denial.Access, CredentialErrors.Wrong.Code, nameof(DisableTotp)), cancellationToken);
            return CredentialErrors.Wrong;
        }

        throttle.Succeeded(attempt);
        if (PasswordRules.Refusal(
            "/password", command.Password, hasTotp: false, caller.RequiredTenant(), me.Email) is { } unfit)
            return unfit;

        return await transaction.RunAsync(() => StoreAsync(me, cancellationToken), cancellationToken);
    }

    private async Task<Result<Nothing>> StoreAsync(User me, CancellationToken cancellationToken)
    {
        var (now, before) = (clock.Now(), me.PasswordHash);
        var disabled = await db.Users
            .Where(u => u.Id == me.Id && u.TotpConfirmedAt != null && u.PasswordHash == before)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.TotpSecret, (byte[]?)null)
                    .SetProperty(u => u.TotpConfirmedAt, (DateTimeOffset?)null)
                    .SetProperty(u => u.TotpLastStep, (long?)null)
                    .SetProperty(u => u.UpdatedAt, now)
                    .SetProperty(u => u.Version, u => u.Version + 1),
                cancellationToken);
        if (disabled == 0) return CredentialErrors.TotpNotEnabled;

        await db.RecoveryCodes.Where(c => c.UserId == me.Id).ExecuteDeleteAsync(cancellationToken);
        var current = caller.RequiredMember().SessionId;
        await db.Sessions.Where(s => s.UserId == me.Id && s.Id != current)
            .EndAsync("totp_disabled", now, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        await audit.RecordAsync(DisableTotp.Policy.Audit, me.Id.Value, me.Id, cancellationToken);
        await outbox.MailAsync(proofs.Notice(MailTemplates.TotpDisabled, me), cancellationToken);
        return Nothing.Value;
    }
}
