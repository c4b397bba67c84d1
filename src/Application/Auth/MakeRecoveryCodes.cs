using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>Makes new recovery codes; the old ones are void.</summary>
public sealed record MakeRecoveryCodes : ICommand<RecoveryCodes>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "recovery_codes.replaced",
        StepUp = true,
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class MakeRecoveryCodesHandler(IAppDbContext db, IOutbox outbox, Proofs proofs, TimeProvider clock)
    : IRequestHandler<MakeRecoveryCodes, Result<RecoveryCodes>>
{
    public async Task<Result<RecoveryCodes>> Handle(MakeRecoveryCodes command, CancellationToken cancellationToken)
    {
        if (await proofs.MeAsync(cancellationToken) is not { } me) return PolicyErrors.Unauthenticated;

        // Holds the row: of two at once, the later deletes what the earlier made.
        var now = clock.Now();
        var held = await db.Users.Where(u => u.Id == me.Id && u.TotpConfirmedAt != null)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.UpdatedAt, now), cancellationToken);
        if (held == 0) return CredentialErrors.TotpNotEnabled;

        await outbox.MailAsync(proofs.Notice(MailTemplates.RecoveryCodesMade, me), cancellationToken);
        return new RecoveryCodes(await proofs.ReplaceRecoveryCodesAsync(me, cancellationToken));
    }
}
