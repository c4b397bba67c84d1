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

/// <summary>Sends a mail with a link that sets a new password; known and unknown addresses are answered alike.</summary>
public sealed record ForgotPassword : IPublicCommand<Nothing>, IOwnTransactions
{
    [Required]
    public string Email { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "password_reset.requested",
        Capability = Capability.SignIn,
    };
}

internal sealed class ForgotPasswordValidator : AbstractValidator<ForgotPassword>
{
    public ForgotPasswordValidator() => RuleFor(c => c.Email).NotEmpty().MaximumLength(EmailAddress.MaxLength);
}

internal sealed class ForgotPasswordHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IAuditTrail audit, IThrottle throttle,
    IOutbox outbox, ILinks links, Proofs proofs, TimeProvider clock)
    : IRequestHandler<ForgotPassword, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(ForgotPassword command, CancellationToken cancellationToken)
    {
        var uniform = UniformTime.StartAsync();
        if (!EmailAddress.TryNormalize(command.Email, out var email)) email = "";
        var user = await db.Users.SingleOrDefaultAsync(u => u.NormalizedEmail == email, cancellationToken);
        var attempt = await proofs.AttemptAsync(AttemptKind.ForgottenPassword, email, user, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;

        if (user is { Status: UserStatus.Active })
            await transaction.RunAsync(() => SendAsync(user, cancellationToken), cancellationToken);
        await uniform;
        return Nothing.Value;
    }

    private async Task<Result<Nothing>> SendAsync(User user, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var (token, hash) = OneTimeSecret.New();
        await db.OneTimeTokens.Where(t => t.UserId == user.Id && t.Purpose == OneTimePurpose.PasswordReset)
            .ExecuteDeleteAsync(cancellationToken);
        db.OneTimeTokens.Add(OneTimeToken.Issue(
            user.OrgId, user.Id, OneTimePurpose.PasswordReset, hash, OneTimeToken.ResetLifetime, now));
        await audit.RecordAsync(ForgotPassword.Policy.Audit, user.Id.Value, actor: null, cancellationToken);
        await outbox.MailAsync(
            proofs.Notice(
                MailTemplates.PasswordReset,
                user,
                ("link", links.To(caller.RequiredTenant(), $"/reset-password?token={token}")),
                ("minutes", $"{OneTimeToken.ResetLifetime.TotalMinutes:0}")),
            cancellationToken);
        return Nothing.Value;
    }
}
