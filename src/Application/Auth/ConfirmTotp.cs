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

/// <summary>Confirms the authenticator app with one of its codes; answers recovery codes, once.</summary>
public sealed record ConfirmTotp : ICommand<RecoveryCodes>
{
    [Required]
    public string Code { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "totp.confirmed",
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class ConfirmTotpValidator : AbstractValidator<ConfirmTotp>
{
    public ConfirmTotpValidator() => RuleFor(c => c.Code).NotEmpty().MaximumLength(RecoveryCodeText.MaxLength);
}

internal sealed class ConfirmTotpHandler(
    IAppDbContext db, ICaller caller, IThrottle throttle, ISignals signals, IOutbox outbox, Proofs proofs,
    TimeProvider clock)
    : IRequestHandler<ConfirmTotp, Result<RecoveryCodes>>
{
    public async Task<Result<RecoveryCodes>> Handle(ConfirmTotp command, CancellationToken cancellationToken)
    {
        if (caller.RequiredMember().ImpersonatorId is not null) return PolicyErrors.PersonRequired;
        if (await proofs.MeAsync(cancellationToken) is not { } me) return PolicyErrors.Unauthenticated;
        if (me.HasTotp) return CredentialErrors.TotpAlreadyEnabled;
        if (me.TotpSecret is not { } box) return CredentialErrors.TotpNotEnrolled;

        var attempt = await proofs.AttemptAsync(AttemptKind.Proof, me.NormalizedEmail, me, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;
        if (await proofs.MatchAsync(me.Id, box, command.Code, cancellationToken) is not { } step)
            return CredentialErrors.Wrong;

        var now = clock.Now();
        var confirmed = await db.Users
            .Where(u => u.Id == me.Id && u.TotpSecret == box && u.TotpConfirmedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.TotpConfirmedAt, now)
                    .SetProperty(u => u.TotpLastStep, step)
                    .SetProperty(u => u.UpdatedAt, now)
                    .SetProperty(u => u.Version, u => u.Version + 1),
                cancellationToken);
        if (confirmed == 0) return CredentialErrors.TotpAlreadyEnabled; // by another request at the same time

        throttle.Succeeded(attempt);
        // What was signed in with a password alone must not go on beside the app.
        var current = caller.RequiredMember().SessionId;
        await db.Sessions.Where(s => s.UserId == me.Id && s.Id != current)
            .EndAsync("totp_enabled", now, cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        await outbox.MailAsync(proofs.Notice(MailTemplates.TotpEnabled, me), cancellationToken);
        return new RecoveryCodes(await proofs.ReplaceRecoveryCodesAsync(me, cancellationToken));
    }
}
