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

/// <summary>Proves again who one is, by password or by a code of the authenticator app, for what needs it.</summary>
public sealed record StepUp : ICommand<Nothing>, IOwnTransactions
{
    public string? Password { get; init; }

    public string? Code { get; init; }

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "session.reauthenticated",
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class StepUpValidator : AbstractValidator<StepUp>
{
    public StepUpValidator()
    {
        RuleFor(c => c.Password).NotEmpty().When(c => c.Code is null);
        RuleFor(c => c.Password!).IsPassword().When(c => c.Password is not null);
        RuleFor(c => c.Code).NotEmpty().MaximumLength(RecoveryCodeText.MaxLength).When(c => c.Code is not null);
    }
}

internal sealed class StepUpHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IPasswords passwords,
    IThrottle throttle, IDenials denials, ISignals signals, Proofs proofs, TimeProvider clock)
    : IRequestHandler<StepUp, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(StepUp command, CancellationToken cancellationToken)
    {
        if (caller.RequiredMember().ImpersonatorId is not null) return PolicyErrors.PersonRequired;
        if (await proofs.MeAsync(cancellationToken) is not { } me) return PolicyErrors.Unauthenticated;

        var attempt = await proofs.AttemptAsync(AttemptKind.Proof, me.NormalizedEmail, me, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;

        var isRight = command.Password is null
            || (await passwords.VerifyAsync(me.PasswordHash, command.Password, cancellationToken)).IsCorrect;
        var result = isRight
            ? await transaction.RunAsync(() => StoreAsync(me, command.Code, cancellationToken), cancellationToken)
            : CredentialErrors.Wrong;
        if (result.Error is null)
            throttle.Succeeded(attempt);
        else
            await denials.RecordAsync(
                new Denial(Denial.Access, result.Error.Code, nameof(StepUp)), cancellationToken);
        return result;
    }

    private async Task<Result<Nothing>> StoreAsync(User me, string? code, CancellationToken cancellationToken)
    {
        if (code is not null && !await proofs.UseCodeAsync(me, code, cancellationToken)) return CredentialErrors.Wrong;

        var (now, session) = (clock.Now(), caller.RequiredMember().SessionId);
        var proved = await db.Sessions.Where(s => s.Id == session && s.UserId == me.Id && s.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.AuthenticatedAt, now), cancellationToken);
        if (proved == 0) return CredentialErrors.Wrong;

        await signals.SessionChangedAsync(session, cancellationToken);
        await audit.RecordAsync(StepUp.Policy.Audit, session.Value, me.Id, cancellationToken);
        return Nothing.Value;
    }
}
