using System.Security.Cryptography;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>Makes a secret for an authenticator app; it counts when a code has confirmed it.</summary>
public sealed record EnrollTotp : ICommand<TotpEnrollment>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "totp.enrolled",
        StepUp = true,
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class EnrollTotpHandler(IAppDbContext db, ICaller caller, ISecretBox secrets)
    : IRequestHandler<EnrollTotp, Result<TotpEnrollment>>
{
    public async Task<Result<TotpEnrollment>> Handle(EnrollTotp command, CancellationToken cancellationToken)
    {
        var (me, tenant) = (caller.RequiredMember(), caller.RequiredTenant());
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        var box = await secrets.SealAsync(secret, me.Id.Value, cancellationToken);
        var enrolled = await db.Users.Where(u => u.Id == me.Id && u.TotpConfirmedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.TotpSecret, box), cancellationToken);
        if (enrolled == 0) return CredentialErrors.TotpAlreadyEnabled;

        return new TotpEnrollment(Totp.Base32(secret), Totp.Uri(tenant.Name, me.Email, secret));
    }
}
